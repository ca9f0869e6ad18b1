/*
 * Runs a fuzz target over every file of a folder: corpus FOLDER. Each file lies in a heap block of exactly its size.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

enum {
	PATH_SIZE = 4096,
	FILE_LIMIT = 1 << 20,
};

static int
run_file(const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *bytes;
	long length;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0 || length > FILE_LIMIT) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	rewind(file);
	bytes = malloc((size_t)length + (length == 0 ? 1 : 0));
	if (bytes == NULL || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	fclose(file);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, (size_t)length);
	free(bytes);
	return 0;
}

int
main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	char path[PATH_SIZE];
	int files = 0;
	int status = 0;

	if (folder == NULL) {
		fputs("usage: corpus FOLDER\n", stderr);
		return 2;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
			status |= run_file(path);
			files++;
		}
	}
	closedir(folder);
	if (files == 0) {
		fputs("the corpus is empty\n", stderr);
		return 1;
	}
	return status;
}
