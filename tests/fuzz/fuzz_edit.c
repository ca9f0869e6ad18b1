/*
 * Fuzz target: editing. Each line of the input is a verb's letter and its words: s set, d delete, i insert, a activate,
 * x deactivate, e edit, u up, t top, c complete (the next letter is the verb), k keep as what to compare with.
 *
 * An edit that is refused must say why and leave the tree as it was; what came of it all must load again to the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "house.h"
#include "target.h"

enum {
	LINES_MOST = 64,
	INPUT_MOST = 8192,
};

struct bench {
	struct conf_editor editor;
	struct conf_tree *kept;
};

static char *
rendered(const struct conf_tree *tree, enum conf_format format)
{
	struct text out = TEXT_EMPTY;
	char *string;

	text_append(&out, "");
	conf_render(conf_tree_top(tree), format, &out);
	string = strdup(text_string(&out));
	if (text_failed(&out) || string == NULL) {
		abort();
	}
	text_release(&out);
	return string;
}

static void
take_candidate(void *context, const struct conf_candidate *candidate)
{
	size_t *sum = context;

	*sum += strlen(candidate->word) + (candidate->help == NULL ? 0 : strlen(candidate->help));
}

static void
complete(const struct bench *bench, const char *words)
{
	static const char letters[] = "sdewi";
	static const enum conf_verb verbs[] = {
	    CONF_VERB_SET, CONF_VERB_DELETE, CONF_VERB_EDIT, CONF_VERB_SHOW, CONF_VERB_INSERT};
	const char *letter = words[0] == '\0' ? NULL : strchr(letters, words[0]);
	size_t sum = 0;

	if (letter != NULL) {
		conf_complete(&bench->editor, verbs[letter - letters], words + 1, take_candidate, &sum);
	}
}

static void
edit(struct bench *bench, char letter, const char *words)
{
	static const struct {
		char letter;
		enum conf_edit_verb verb;
	} verbs[] = {
	    {'s', CONF_EDIT_SET},
	    {'d', CONF_EDIT_DELETE},
	    {'i', CONF_EDIT_INSERT},
	    {'a', CONF_EDIT_ACTIVATE},
	    {'x', CONF_EDIT_DEACTIVATE},
	    {'e', CONF_EDIT_ENTER},
	};
	struct conf_editor *editor = &bench->editor;
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	char *before = rendered(editor->tree, CONF_FORMAT_SET);
	char *level = strdup(text_string(&editor->level));
	bool good = true;
	bool found = false;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].letter == letter) {
			found = true;
			good = conf_edit(editor, verbs[i].verb, words, &list);
		}
	}
	if (!found) {
		(void)conf_edit_find(editor, words, &list);
	}
	if (!good) {
		char *after = rendered(editor->tree, CONF_FORMAT_SET);

		if (list.errors == 0 || strcmp(before, after) != 0 || strcmp(level, text_string(&editor->level)) != 0) {
			fprintf(stderr, "%c %s: refused, and changed:\n%s--\n%s", letter, words, before, after);
			abort();
		}
		free(after);
	}
	free(before);
	free(level);
	diagnostics_release(&list);
}

static void
run_line(struct bench *bench, const char *line)
{
	if (line[0] == 'u') {
		(void)conf_edit_up(&bench->editor, (uint32_t)(unsigned char)line[1]);
	} else if (line[0] == 't') {
		conf_edit_top(&bench->editor);
	} else if (line[0] == 'c') {
		complete(bench, line + 1);
	} else if (line[0] == 'k') {
		conf_tree_destroy(bench->kept);
		bench->kept = conf_tree_copy(bench->editor.tree);
		if (bench->kept == NULL) {
			abort();
		}
	} else if (line[0] != '\0') {
		edit(bench, line[0], line + 1);
	}
}

static void
must_come_back(const struct conf_tree *tree, enum conf_format format)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	char *before = rendered(tree, format);
	struct conf_tree *again = fuzz_tree();
	char *after;

	if (again == NULL) {
		abort();
	}
	(void)conf_load(again, format, NULL, before, strlen(before), &list);
	after = rendered(again, format);
	if (list.errors > 0 || strcmp(before, after) != 0) {
		fprintf(stderr, "does not come back:\n%s--\n%s", before, after);
		abort();
	}
	free(before);
	free(after);
	conf_tree_destroy(again);
	diagnostics_release(&list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct bench bench = {.editor = {.tree = fuzz_tree(), .level = TEXT_EMPTY},
	    .kept = fuzz_tree()};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct text difference = TEXT_EMPTY;
	char *input = malloc(length + 1);
	char *save = NULL;
	int lines = 0;

	if (bench.editor.tree == NULL || bench.kept == NULL || input == NULL) {
		abort();
	}
	memcpy(input, bytes, length);
	input[length] = '\0';
	for (char *line = length > INPUT_MOST ? NULL : strtok_r(input, "\n", &save); line != NULL && lines < LINES_MOST;
	     line = strtok_r(NULL, "\n", &save), lines++) {
		run_line(&bench, line);
	}
	/* as a commit does, and as loading does */
	conf_canonicalize(bench.editor.tree, &list);
	diagnostics_release(&list);
	must_come_back(bench.editor.tree, CONF_FORMAT_SET);
	must_come_back(bench.editor.tree, CONF_FORMAT_TEXT);
	conf_compare(bench.kept, bench.editor.tree, &difference);
	text_release(&difference);
	text_release(&bench.editor.level);
	conf_tree_destroy(bench.editor.tree);
	conf_tree_destroy(bench.kept);
	free(input);
	return 0;
}
