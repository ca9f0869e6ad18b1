/*
 * The commands that mgd does itself, one row each in commands.def: rpc's name and function. command_run.h finds them.
 */
#ifndef MGD_COMMAND_H
#define MGD_COMMAND_H

#include "session.h"

enum command_outcome {
	COMMAND_DONE,
	COMMAND_WRONG, /* what is wrong was told by session_fail() */
	COMMAND_LEAVE, /* the front end ends */
	COMMAND_LATER, /* session_done() comes later */
	COMMAND_SECRET, /* the front end asks for a secret and sends it with the line again */
	COMMAND_QUESTION, /* it asks session->question, and sends yes or no with the line again */
};

typedef enum command_outcome command_function(struct session *session, const struct op_command *command);

/* One may do several rpcs. */
command_function command_show_configuration;
command_function command_show_version;
command_function command_show_uptime;
command_function command_show_commits;
command_function command_show_processes;
command_function command_show_authorization;
command_function command_show_users;
command_function command_show_storage;
command_function command_show_system_alarms;
command_function command_show_unsupported;
command_function command_show_unused;
command_function command_show_usage;
command_function command_configure;
command_function command_leave;
command_function command_help;
command_function command_set; /* command_password.c knows the one statement that asks */
command_function command_verb; /* those of command_line.c's table that change the candidate by one function */
command_function command_delete;
command_function command_copy;
command_function command_wildcard_delete;
command_function command_wildcard_range;
command_function command_replace;
command_function command_status;
command_function command_load;
command_function command_save;
command_function command_edit;
command_function command_up;
command_function command_top;
command_function command_show;
command_function command_commit;
command_function command_update;
command_function command_clear_commit;
command_function command_show_rollback;
command_function command_show_rescue;
command_function command_save_rescue;
command_function command_delete_rescue;
command_function command_rollback;
command_function command_operational;
command_function command_exit;
command_function command_restart;
command_function command_reboot;
command_function command_halt;
command_function command_power_off;
command_function command_show_routing_engine;
command_function command_show_environment;
command_function command_show_memory;
command_function command_support;
command_function command_message;

/* Answers with a tree of the rpc's output. */
enum command_outcome command_render(struct session *session, const struct op_command *command,
    const struct op_tree *tree);
/* Does a verb of lib/conf with the command's statement on the candidate. */
enum command_outcome command_change(struct session *session, const struct op_command *command,
    enum conf_edit_verb verb);

#endif
