/*
 * The results of `bench engine`: rows of cycles a packet, each with figures of its own where it has any, as a table or as
 * JSON.
 *
 * A row's cycles are the least and the median of several repeats. Its ratio is to the bare look-up (`lookup`) with as many
 * sessions and as large a batch in the same run, if there was one.
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	BENCH_REPEATS = 15,
	BENCH_PACKETS = 1 << 16, /* of a repeat */
	BENCH_FIGURES = 6,
};

struct bench_figure {
	const char *name; /* with its unit, as it stands in JSON; NULL: none */
	double value;
};

struct bench_result {
	const char *name;
	const char *kind;  /* of several under one name, or NULL */
	uint32_t sessions; /* 0: not a matter of it; as the next three */
	uint32_t batch;
	uint32_t policies;
	uint32_t prefixes;
	double least; /* cycles; 0: the row has figures only */
	double median;
	double ratio; /* to lookup; 0: there is none */
	struct bench_figure figures[BENCH_FIGURES];
};

enum bench_size {
	BENCH_ONCE,   /* one pass of the smallest: for counting instructions */
	BENCH_QUICK,  /* up to 100,000 sessions */
	BENCH_NORMAL, /* up to 4 million */
	BENCH_LONG,   /* 10 million, and forwarding tables of the whole Internet */
};

struct bench {
	double rate; /* cycles a nanosecond */
	bool json;
	bool small_pages;
	bool failed; /* something did not do what it should: said on standard error */
	enum bench_size size;
	uint32_t repeats;
	const char *only; /* the name of the one case that is run; NULL: all */
	uint32_t huge_percent; /* least of the scenes measured: of their memory, in huge pages */
	uint32_t count;
	size_t room;
	struct bench_result *results;
};

/* Is a case of that name asked for? */
bool bench_wants(const struct bench *bench, const char *name);
/* Says what is wrong; the run fails in the end. */
void bench_fail(struct bench *bench, const char *what);
/* Adds a row, and prints it unless it is for JSON. `cycles` has bench->repeats values, which are sorted, or is NULL. */
void bench_add(struct bench *bench, const struct bench_result *template, double *cycles);
/* The least cycles of the row of that name, sessions and batch; 0: there is none. */
double bench_least(const struct bench *bench, const char *name, uint32_t sessions, uint32_t batch);
/* Least of some values. => count > 0 */
double bench_minimum(const double *values, uint32_t count);
double bench_median(double *values, uint32_t count);
void bench_print_head(const struct bench *bench);
/* The run as JSON; NULL: no memory. */
json_t *bench_json(const struct bench *bench) __attribute__((warn_unused_result));

#endif
