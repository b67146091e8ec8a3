/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hold_attack TECHNIQUE FILE [UID]: executes or maps FILE while somebody else does what could make
 * a task run on that waits for the monitor's decision, and tells by its exit status what came of
 * it, as probe.c does. Techniques that are about a mapping take a file of code, the others a
 * program that prints RAN-. With UID, all of it as that user.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum outcome {
	OUTCOME_RAN = 0,
	OUTCOME_BROKEN = 99,
	OUTCOME_DENIED = 100,
	OUTCOME_KILLED = 101,
	OUTCOME_REFUSED = 102,
	OUTCOME_LATE = 103,
	OUTCOME_HUNG = 104,
};

#define SECONDS_MAX   20
#define ATTACKERS_MAX 4

/* Where code is mapped that another task waits for. */
#define CODE_ADDRESS ((void *)0x7e0000000000UL)

struct technique {
	const char *name;
	void (*victim)(void);	     /* in the victim, before it executes the file */
	void (*attack)(pid_t victim); /* in each attacker; returns when there is nothing left to do */
	int attackers;
	void (*middle)(pid_t victim); /* in the victim's parent, if that is another: it exits then */
	int (*run)(void);	      /* instead of all that: in a child whose output is watched */
	const char *meaning;
};

static char *file;
static int pipe_ends[2]; /* what a victim passes to its attackers */
static int pty = -1;

__attribute__((noreturn)) static void broken(const char *call)
{
	dprintf(STDERR_FILENO, "broken: %s: %s\n", call, strerror(errno));
	_exit(OUTCOME_BROKEN);
}

static bool is_there(pid_t pid)
{
	return kill(pid, 0) == 0;
}

/* The letter of /proc/PID/stat, 0 if there is no such process. */
static char state_of(pid_t pid)
{
	char path[64], text[512], *end;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : 0;
}

/* Waits until it is stopped, has ended, or a quarter of a second is over. */
static void await_stop(pid_t victim)
{
	for (int i = 0; i < 2500; i++) {
		char state = state_of(victim);

		if (state == 'T' || state == 't' || state == 'Z' || state == 0)
			return;
		usleep(100);
	}
}

static void execute(void)
{
	char *const argv[] = { file, NULL };

	execv(file, argv);
	_exit(errno == EPERM ? OUTCOME_DENIED : OUTCOME_REFUSED);
}

/* --- signals ----------------------------------------------------------------- */

static void continue_always(pid_t victim)
{
	while (kill(victim, SIGCONT) == 0 && state_of(victim) != 'Z')
		for (int i = 0; i < 200; i++)
			kill(victim, SIGCONT);
}

static void continue_when_stopped(pid_t victim)
{
	await_stop(victim);
	kill(victim, SIGCONT);
}

static void continue_group(pid_t victim)
{
	while (kill(-victim, SIGCONT) == 0 && state_of(victim) != 'Z')
		;
}

/* Everything that the user may signal: for users other than root. */
static void continue_all(pid_t victim)
{
	while (is_there(victim) && state_of(victim) != 'Z')
		kill(-1, SIGCONT);
}

static void continue_thread(pid_t victim)
{
	while (syscall(SYS_tgkill, victim, victim, SIGCONT) == 0 && state_of(victim) != 'Z')
		;
}

static void stop_and_continue(pid_t victim)
{
	while (kill(victim, SIGSTOP) == 0 && kill(victim, SIGCONT) == 0 && state_of(victim) != 'Z')
		;
}

static void own_group(void)
{
	setpgid(0, 0);
}

static void dies_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGCONT);
}

static void middle_ends(pid_t victim)
{
	await_stop(victim);
}

static void middle_is_killed(pid_t victim)
{
	await_stop(victim);
	kill(getpid(), SIGKILL);
}

/* The kernel sends SIGHUP and SIGCONT to a stopped process group whose last parent ends. */
static void becomes_orphan(void)
{
	signal(SIGHUP, SIG_IGN);
	setpgid(0, 0);
}

/* A descriptor that sends SIGCONT to its owner when it can be read. */
static void asks_for_signal(void)
{
	if (fcntl(pipe_ends[0], F_SETSIG, SIGCONT) < 0 ||
	    fcntl(pipe_ends[0], F_SETOWN, getpid()) < 0 ||
	    fcntl(pipe_ends[0], F_SETFL, O_ASYNC | O_NONBLOCK) < 0)
		broken("F_SETSIG");
}

static void makes_readable(pid_t victim)
{
	char byte, bytes[4096];

	fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK | O_ASYNC);
	while (is_there(victim) && state_of(victim) != 'Z') {
		for (int i = 0; i < 50; i++) {
			byte = 0;
			if (write(pipe_ends[1], &byte, 1) < 0 ||
			    read(pipe_ends[0], bytes, sizeof(bytes)) < 0)
				break;
		}
	}
}

/* A session of its own on a terminal that hangs up. */
static void leads_session(void)
{
	char name[64];
	int terminal;

	signal(SIGHUP, SIG_IGN);
	if (ptsname_r(pty, name, sizeof(name)) || setsid() < 0)
		broken("setsid");
	terminal = open(name, O_RDWR | O_CLOEXEC);
	if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		broken("TIOCSCTTY");
	close(pty);
}

/* Closes the only other end, as the main process has done. */
static void hangs_up(pid_t victim)
{
	await_stop(victim);
	close(pty);
}

/* Waits for the next stop or continuation of a child; false at its end, which is left to be had. */
static bool stops(pid_t victim)
{
	siginfo_t info = {};

	if (waitid(P_PID, (id_t)victim, &info, WSTOPPED | WCONTINUED | WEXITED | WNOWAIT) < 0 ||
	    info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED)
		return false;
	waitid(P_PID, (id_t)victim, &info, WSTOPPED | WCONTINUED | WNOHANG);
	return true;
}

/* --- the freezer of cgroups ---------------------------------------------------- */

static void cgroup_write(const char *name, const char *text)
{
	const char *cgroup = getenv("HOLD_FREEZER");
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cgroup ? cgroup : "", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		broken(path);
	close(fd);
}

/* A thaw wakes what it has frozen. */
static void freeze_and_thaw(pid_t victim)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)victim);
	cgroup_write("cgroup.procs", text);
	while (is_there(victim) && state_of(victim) != 'Z') {
		cgroup_write("cgroup.freeze", "1");
		usleep(200);
		cgroup_write("cgroup.freeze", "0");
		usleep(50);
	}
}

/* --- tracers ----------------------------------------------------------------- */

/* Lets it go on from every stop, and takes away what the stop was for. */
static void swallow(pid_t victim)
{
	int status;

	while (waitpid(victim, &status, __WALL) == victim && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, victim, NULL, NULL);
}

static void attach_when_stopped(pid_t victim)
{
	await_stop(victim);
	if (ptrace(PTRACE_ATTACH, victim, NULL, NULL) == 0)
		swallow(victim);
}

static void attach_always(pid_t victim)
{
	while (ptrace(PTRACE_ATTACH, victim, NULL, NULL) < 0 && errno != ESRCH)
		;
	swallow(victim);
}

static void seize_when_stopped(pid_t victim)
{
	await_stop(victim);
	if (ptrace(PTRACE_SEIZE, victim, NULL, PTRACE_O_TRACEEXEC) == 0) {
		ptrace(PTRACE_INTERRUPT, victim, NULL, NULL);
		swallow(victim);
	}
}

/* As soon as the program has changed: in the window between the hold and the stop. */
static void seize_after_exec(pid_t victim)
{
	char path[64], before[256] = "", now[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)victim);
	n = readlink(path, before, sizeof(before) - 1);
	before[n > 0 ? n : 0] = '\0';
	do {
		n = readlink(path, now, sizeof(now) - 1);
		now[n > 0 ? n : 0] = '\0';
	} while (n > 0 && strcmp(now, before) == 0);
	while (ptrace(PTRACE_SEIZE, victim, NULL, 0) < 0 && errno != ESRCH)
		;
	ptrace(PTRACE_INTERRUPT, victim, NULL, NULL);
	swallow(victim);
}

static void interrupt_always(pid_t victim)
{
	int status;

	await_stop(victim);
	if (ptrace(PTRACE_SEIZE, victim, NULL, PTRACE_O_TRACEEXEC) < 0)
		return;
	for (;;) {
		pid_t got = waitpid(victim, &status, WNOHANG | __WALL);

		if (got < 0 || (got > 0 && !WIFSTOPPED(status)))
			return;
		ptrace(PTRACE_INTERRUPT, victim, NULL, NULL);
		ptrace(PTRACE_CONT, victim, NULL, NULL);
		ptrace(PTRACE_LISTEN, victim, NULL, NULL);
	}
}

/* Traced by its own parent from its birth, which detaches at each stop. */
static void traced_by_parent(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void detach_at_stop(pid_t victim)
{
	while (stops(victim))
		ptrace(PTRACE_DETACH, victim, NULL, NULL);
}

/* --- parents ----------------------------------------------------------------- */

/* As a shell that puts a stopped job on again at once. */
static void middle_shell(pid_t victim)
{
	while (stops(victim))
		kill(victim, SIGCONT);
}

/* Only looks at the stops, as job control does. */
static void middle_watches(pid_t victim)
{
	while (stops(victim))
		;
}

/* --- mappings ---------------------------------------------------------------- */

static __thread sigjmp_buf fault;
static volatile int stage; /* 1: the other task may begin; 2: mapped, or errno in map_error */
static volatile int map_error;
static int map_flags;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(fault, 1);
}

static bool try_code(void)
{
	int (*code)(void);
	void *address = CODE_ADDRESS;

	*(void **)&code = address;
	if (sigsetjmp(fault, 0))
		return false;
	return code() == 42;
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

static void say_ran(void)
{
	if (write(STDOUT_FILENO, "RAN-here\n", 9) != 9)
		_exit(OUTCOME_BROKEN);
}

static int map_code(int fd)
{
	if (mmap(CODE_ADDRESS, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | map_flags, fd,
		 0) == MAP_FAILED)
		map_error = errno;
	stage = 2;
	return 0;
}

static int open_code(void)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		broken("open");
	catch_faults();
	return fd;
}

static int mapping_end(void)
{
	return map_error == EPERM ? OUTCOME_DENIED : map_error ? OUTCOME_REFUSED : 0;
}

static void *call_always(void *unused)
{
	stage = 1;
	while (stage < 2 && !map_error) {
		if (try_code()) {
			say_ran();
			_exit(0);
		}
	}
	return unused;
}

/* One thread maps, another one tries to run what is mapped. */
static int run_thread(void)
{
	int fd = open_code();
	pthread_t thread;

	if (pthread_create(&thread, NULL, call_always, NULL))
		broken("pthread_create");
	while (stage < 1)
		;
	map_code(fd);
	pthread_join(thread, NULL);
	if (!map_error && try_code())
		say_ran();
	return mapping_end();
}

/* The same, without a fault: other code is there before, and the mapping comes with its pages. */
static int run_thread_populated(void)
{
	static const unsigned char return_0[] = { 0x31, 0xc0, 0xc3 };
	void *page = mmap(CODE_ADDRESS, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (page == MAP_FAILED)
		broken("mmap");
	memcpy(page, return_0, sizeof(return_0));
	map_flags = MAP_POPULATE;
	return run_thread();
}

static void *fork_always(void *unused)
{
	stage = 1;
	while (stage < 2 && !map_error) {
		pid_t pid = fork();

		if (pid == 0) {
			if (try_code())
				say_ran();
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return unused;
}

/* One thread maps, another one forks: the child is another process, with the same mappings. */
static int run_thread_fork(void)
{
	int fd = open_code();
	pthread_t thread;

	if (pthread_create(&thread, NULL, fork_always, NULL))
		broken("pthread_create");
	while (stage < 1)
		;
	map_code(fd);
	pthread_join(thread, NULL);
	if (!map_error && try_code())
		say_ran();
	return mapping_end();
}

static char child_stack[65536] __attribute__((aligned(16)));

static int map_in_child(void *fd)
{
	map_code(*(int *)fd);
	_exit(0);
}

/* A process that shares the address space maps; this one is another, and runs what is mapped. */
static int run_shared_memory(void)
{
	int fd = open_code(), status;
	pid_t pid = clone(map_in_child, child_stack + sizeof(child_stack),
			  CLONE_VM | CLONE_FILES | SIGCHLD, &fd);

	if (pid < 0)
		broken("clone");
	for (int i = 0; i < 20000 && !map_error; i++) {
		if (try_code()) {
			say_ran();
			break;
		}
		usleep(50);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return mapping_end();
}

/* The same, and the one that waits is in vfork(2) when the other maps. */
static int run_vfork(void)
{
	int fd = open_code(), status;
	pid_t pid = clone(map_in_child, child_stack + sizeof(child_stack),
			  CLONE_VM | CLONE_VFORK | SIGCHLD, &fd);

	if (pid < 0)
		broken("clone");
	if (!map_error && try_code())
		say_ran();
	waitpid(pid, &status, 0);
	return mapping_end();
}

/* --- processes --------------------------------------------------------------- */

static pid_t clone_process(unsigned long flags, pid_t *pid)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = SIGCHLD,
		.set_tid = (unsigned long)pid,
		.set_tid_size = pid ? 1 : 0,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int end_as(int status)
{
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		kill(getpid(), WTERMSIG(status));
		pause();
	}
	return WEXITSTATUS(status);
}

/* The first process of a pid namespace: signals of its own namespace do nothing to it. */
static int run_namespace(void)
{
	unsigned long flags = CLONE_NEWPID | (geteuid() ? CLONE_NEWUSER : 0);
	pid_t pid = clone_process(flags, NULL);
	int status;

	if (pid < 0)
		broken("clone3");
	if (pid == 0) {
		if (fork() == 0) {
			alarm(1);
			while (kill(1, SIGCONT) == 0)
				;
			_exit(0);
		}
		execute();
	}
	if (waitpid(pid, &status, 0) != pid)
		broken("waitpid");
	return end_as(status);
}

/* One that is killed while it is held, and another that gets its pid at once. */
static int run_pid_again(void)
{
	pid_t pid, wanted;
	int status;

	for (int i = 0; i < 5; i++) {
		wanted = fork();
		if (wanted == 0)
			execute();
		usleep(100 * (useconds_t)i);
		kill(wanted, SIGKILL);
		waitpid(wanted, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == OUTCOME_DENIED)
			return OUTCOME_DENIED;
	}
	pid = clone_process(0, &wanted);
	if (pid == 0)
		execute();
	if (pid < 0)
		broken("clone3 with a pid");
	if (waitpid(pid, &status, 0) != pid)
		broken("waitpid");
	return end_as(status);
}

static const struct technique techniques[] = {
	{ "none", NULL, NULL, 0, NULL, NULL, "nobody does anything" },
	{ "once", NULL, continue_when_stopped, 1, NULL, NULL, "one SIGCONT when it is stopped" },
	{ "storm", NULL, continue_always, 1, NULL, NULL, "SIGCONT without pause" },
	{ "storms", NULL, continue_always, 4, NULL, NULL, "the same by four processes" },
	{ "group", own_group, continue_group, 2, NULL, NULL, "SIGCONT to its process group" },
	{ "all", NULL, continue_all, 2, NULL, NULL, "SIGCONT to everybody: not as root" },
	{ "tgkill", NULL, continue_thread, 2, NULL, NULL, "SIGCONT to the thread" },
	{ "stop-cont", NULL, stop_and_continue, 2, NULL, NULL, "SIGSTOP and SIGCONT in turn" },
	{ "pdeathsig", dies_with_parent, NULL, 0, middle_ends, NULL,
	  "SIGCONT by the kernel when its parent ends" },
	{ "setsig", asks_for_signal, makes_readable, 1, NULL, NULL,
	  "SIGCONT by the kernel when a pipe is readable" },
	{ "orphan", becomes_orphan, NULL, 0, middle_ends, NULL,
	  "SIGCONT by the kernel to an orphaned process group" },
	{ "hangup", leads_session, hangs_up, 1, NULL, NULL,
	  "SIGCONT by the kernel when its terminal hangs up" },
	{ "freeze", NULL, freeze_and_thaw, 1, NULL, NULL, "its cgroup is frozen and thawed: root" },
	{ "attach", NULL, attach_when_stopped, 1, NULL, NULL, "PTRACE_ATTACH when stopped" },
	{ "attach-race", NULL, attach_always, 1, NULL, NULL, "PTRACE_ATTACH around the exec" },
	{ "seize", NULL, seize_when_stopped, 1, NULL, NULL, "PTRACE_SEIZE when stopped" },
	{ "seize-race", NULL, seize_after_exec, 1, NULL, NULL, "PTRACE_SEIZE right after the exec" },
	{ "interrupt", NULL, interrupt_always, 1, NULL, NULL, "PTRACE_INTERRUPT without pause" },
	{ "traceme", traced_by_parent, NULL, 0, detach_at_stop, NULL,
	  "traced by its parent, which detaches at each stop" },
	{ "shell", own_group, NULL, 0, middle_shell, NULL, "a parent that continues stopped children" },
	{ "watched", own_group, NULL, 0, middle_watches, NULL, "a parent that waits for stops" },
	{ "parent-ends", NULL, NULL, 0, middle_ends, NULL, "its parent ends while it is held" },
	{ "parent-killed", NULL, NULL, 0, middle_is_killed, NULL, "its parent is killed meanwhile" },
	{ "namespace", NULL, NULL, 0, NULL, run_namespace, "the first process of a pid namespace" },
	{ "pid-again", NULL, NULL, 0, NULL, run_pid_again, "the pid of one that was killed" },
	{ "map-thread", NULL, NULL, 0, NULL, run_thread, "a thread maps, another runs" },
	{ "map-populate", NULL, NULL, 0, NULL, run_thread_populated,
	  "a thread maps with all pages, another runs" },
	{ "map-fork", NULL, NULL, 0, NULL, run_thread_fork, "a thread maps, another forks" },
	{ "map-shared", NULL, NULL, 0, NULL, run_shared_memory,
	  "a process with the same memory maps, another runs" },
	{ "map-vfork", NULL, NULL, 0, NULL, run_vfork, "a child maps in its parent's memory" },
};

/* --- the run ----------------------------------------------------------------- */

/* The victim waits for its attackers to be there. */
static void be_victim(const struct technique *technique, int gate)
{
	char byte;

	if (technique->victim)
		technique->victim();
	if (read(gate, &byte, 1) != 1)
		broken("read");
	execute();
}

/* Starts victim, or its parent and the victim. Returns the pid of the victim. */
static pid_t start_victim(const struct technique *technique, int gate)
{
	int ends[2];
	pid_t pid, victim = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		broken("pipe2");
	pid = fork();
	if (pid == 0) {
		if (!technique->middle)
			be_victim(technique, gate);
		setsid(); /* or the main process, which gets its children, would keep them company */
		victim = fork();
		if (victim == 0)
			be_victim(technique, gate);
		if (write(ends[1], &victim, sizeof(victim)) != sizeof(victim))
			broken("write");
		technique->middle(victim);
		_exit(0);
	}
	if (technique->middle && read(ends[0], &victim, sizeof(victim)) != sizeof(victim))
		broken("read");
	close(ends[0]);
	close(ends[1]);
	return technique->middle ? victim : pid;
}

static void start_attackers(const struct technique *technique, pid_t victim,
			    pid_t attackers[ATTACKERS_MAX])
{
	cpu_set_t cpu;

	for (int i = 0; i < technique->attackers; i++) {
		attackers[i] = fork();
		if (attackers[i] != 0)
			continue;
		CPU_ZERO(&cpu);
		CPU_SET((unsigned int)i % (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), &cpu);
		sched_setaffinity(0, sizeof(cpu), &cpu);
		close(STDOUT_FILENO);
		alarm(SECONDS_MAX);
		technique->attack(victim);
		_exit(0);
	}
}

/* The main process reaps whom it has not begotten: it is the subreaper. */
static int await(pid_t victim)
{
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) != victim) {
		if (pid < 0 && errno != EINTR)
			broken("waitpid");
	}
	return status;
}

static volatile pid_t watched;

static void on_alarm(int signal)
{
	(void)signal;
	kill(watched, SIGKILL);
	_exit(OUTCOME_HUNG);
}

static int run_attack(const struct technique *technique, int out)
{
	pid_t attackers[ATTACKERS_MAX] = { 0 };
	int gate[2], status;
	pid_t victim;

	if (pipe2(gate, O_CLOEXEC) < 0 || dup2(out, STDOUT_FILENO) < 0)
		broken("pipe2");
	victim = start_victim(technique, gate[0]);
	start_attackers(technique, victim, attackers);
	if (pty >= 0)
		close(pty);
	close(STDOUT_FILENO);
	close(out);
	watched = victim;
	usleep(2000);
	if (write(gate[1], "", 1) != 1)
		broken("write");
	status = await(victim);
	for (int i = 0; i < technique->attackers; i++)
		kill(attackers[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return status;
}

static int run_alone(const struct technique *technique, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (dup2(out, STDOUT_FILENO) < 0)
			broken("dup2");
		close(out);
		_exit(technique->run());
	}
	close(out);
	watched = pid;
	return await(pid);
}

static enum outcome classify(int status, bool ran)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return ran ? OUTCOME_LATE : OUTCOME_KILLED;
	if (WIFSIGNALED(status))
		return OUTCOME_REFUSED;
	if (ran)
		return OUTCOME_RAN;
	return WEXITSTATUS(status) ? (enum outcome)WEXITSTATUS(status) : OUTCOME_BROKEN;
}

static const struct technique *find(const char *name)
{
	for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++) {
		if (strcmp(techniques[i].name, name) == 0)
			return &techniques[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct technique *technique = argc > 2 ? find(argv[1]) : NULL;
	char text[4096] = "";
	enum outcome outcome;
	int out[2], status;
	ssize_t n;

	if (!technique) {
		fprintf(stderr, "usage: hold_attack TECHNIQUE FILE [UID]\n");
		for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++)
			fprintf(stderr, "  %-14s %s\n", techniques[i].name, techniques[i].meaning);
		return OUTCOME_BROKEN;
	}
	file = argv[2];
	if (argc > 3 && (setgid((gid_t)atoi(argv[3])) < 0 || setuid((uid_t)atoi(argv[3])) < 0))
		broken("setuid");
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGALRM, on_alarm);
	alarm(SECONDS_MAX);
	if (strcmp(technique->name, "hangup") == 0) {
		pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (pty < 0 || grantpt(pty) < 0 || unlockpt(pty) < 0)
			broken("openpt");
	}
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(pipe_ends, 0) < 0)
		broken("pipe2");
	status = technique->run ? run_alone(technique, out[1]) : run_attack(technique, out[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	n = read(out[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	outcome = classify(status, strstr(text, "RAN-"));
	printf("%s %s: outcome %d, status 0x%x: %.*s\n", technique->name, file, outcome, status,
	       (int)strcspn(text, "\n"), text);
	return outcome;
}
