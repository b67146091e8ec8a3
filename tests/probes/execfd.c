/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interpreter for binfmt_misc with the flag O: takes the descriptor that the kernel opened
 * (AT_EXECFD) and has a shell run what is in it. It opens nothing by a path.
 */
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(void)
{
	int fd = (int)getauxval(AT_EXECFD);

	if (fd == 0 || dup2(fd, STDIN_FILENO) < 0) {
		fprintf(stderr, "execfd: no descriptor\n");
		return 1;
	}
	execl("/bin/sh", "sh", "-s", (char *)NULL);
	perror("execfd");
	return 1;
}
