/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd_list_policy.h"

int list_policy_load(const struct list_policy_source *source, struct problems *problems,
		     struct config *config, struct policy **ret_policy)
{
	int r = config_init(config);

	if (r == 0)
		r = config_load(source->config ? source->config : CONFIG_PATH, !source->config,
				problems, config);
	if (r < 0)
		return r;
	if (source->file_count > 0)
		return policy_load_lists(source->files, source->file_count, problems, ret_policy);
	return policy_load(source->vendors ? source->vendors : config->vendors_dir, problems,
			   ret_policy);
}

const char *list_policy_label(const struct vendor *vendor)
{
	return vendor->file ? vendor->id : vendor->name;
}
