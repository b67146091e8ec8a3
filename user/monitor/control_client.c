/* SPDX-License-Identifier: BSD-2-Clause */
#include "control_client.h"

#include <errno.h>
#include <string.h>

#include "control.h"
#include "log.h"

json_t *control_client_ask(const char *request)
{
	json_t *answer = NULL;
	int error = control_ask(request, &answer);

	switch (error) {
	case 0:
		return answer;
	case -ENOENT:
	case -ECONNREFUSED:
		log_error("no monitor is running; start it with `interdict run` or its service");
		break;
	case -EACCES:
	case -EPERM:
		log_error("the monitor answers root only");
		break;
	case -EBADMSG:
		log_error("the monitor's answer makes no sense: is it of another version?");
		break;
	default:
		log_error("cannot ask the monitor: %s", strerror(-error));
	}
	return NULL;
}
