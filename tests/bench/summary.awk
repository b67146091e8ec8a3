# SPDX-License-Identifier: BSD-2-Clause
# samples.tsv -> results.tsv (lib.sh has the columns): the median, minimum and maximum of each row's
# samples, and the same of their ratios to the samples of `none` in the same round.
BEGIN { FS = OFS = "\t" }

{
	row = $1 OFS $2 OFS $3 OFS $4
	add(row OFS $6, $7)
	if ($4 == "none")
		baseline[$1 OFS $2 OFS $3 OFS $6, $5] = $7
	else
		measured[++measurements] = $1 OFS $2 OFS $3 OFS $4 OFS $5 OFS $6 OFS $7
}

END {
	for (i = 1; i <= measurements; i++) {
		split(measured[i], part, OFS)
		none = baseline[part[1] OFS part[2] OFS part[3] OFS part[6], part[5]]
		if (none > 0)
			add(part[1] OFS part[2] OFS part[3] OFS part[4] OFS "ratio", part[7] / none)
	}
	for (i = 1; i <= rows; i++)
		summarize(order[i])
}

function add(row, value)
{
	if (!(row in count))
		order[++rows] = row
	all[row, ++count[row]] = value
}

function summarize(row, n, i, j, value, sorted)
{
	n = count[row]
	for (i = 1; i <= n; i++) {
		value = all[row, i] + 0
		for (j = i; j > 1 && sorted[j - 1] > value; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = value
	}
	value = n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
	print row, n, number(value), number(sorted[1]), number(sorted[n])
}

# Four significant digits at least, and never an exponent.
function number(value)
{
	return value >= 1000 ? sprintf("%.1f", value) : sprintf("%.4f", value)
}
