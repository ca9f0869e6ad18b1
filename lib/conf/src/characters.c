/*
 * Characters of names. See characters.h.
 */
#include "characters.h"

#include <stddef.h>

enum {
	PLANE = 0xffff,
	NO_CHARACTER = 0xfffe, /* the last two of each plane */
};

static const char unseen[] = "is not seen, or changes how others are shown";
static const char blank[] = "looks like a blank";
static const char quotation[] = "looks like a quotation mark";
static const char none[] = "is no character";

struct range {
	uint32_t first;
	uint32_t last;
	const char *trouble;
};

/* In ascending order. */
static const struct range ranges[] = {
    {0x00a0, 0x00a0, blank},     /* no-break space */
    {0x00ad, 0x00ad, unseen},    /* soft hyphen */
    {0x034f, 0x034f, unseen},    /* combining grapheme joiner */
    {0x0600, 0x0605, unseen},    /* signs around Arabic numbers */
    {0x061c, 0x061c, unseen},    /* Arabic letter mark */
    {0x06dd, 0x06dd, unseen},    /* Arabic end of ayah */
    {0x070f, 0x070f, unseen},    /* Syriac abbreviation mark */
    {0x0890, 0x0891, unseen},    /* Arabic pound and piastre marks */
    {0x08e2, 0x08e2, unseen},    /* Arabic disputed end of ayah */
    {0x115f, 0x1160, blank},     /* Hangul fillers */
    {0x1680, 0x1680, blank},     /* Ogham space */
    {0x17b4, 0x17b5, unseen},    /* Khmer inherent vowels */
    {0x180b, 0x180f, unseen},    /* Mongolian selectors and vowel separator */
    {0x2000, 0x200a, blank},     /* spaces of typography */
    {0x200b, 0x200f, unseen},    /* of no width; joiners; marks of direction */
    {0x2018, 0x2019, quotation}, /* E-008: these may open a quotation */
    {0x201c, 0x201d, quotation},
    {0x2028, 0x202e, unseen},    /* separators; embedding and overriding of direction */
    {0x202f, 0x202f, blank},     /* narrow no-break space */
    {0x205f, 0x205f, blank},     /* medium mathematical space */
    {0x2060, 0x206f, unseen},    /* word joiner, invisible operators, isolates */
    {0x2800, 0x2800, blank},     /* Braille without a dot */
    {0x3000, 0x3000, blank},     /* ideographic space */
    {0x3164, 0x3164, blank},     /* Hangul filler */
    {0xfdd0, 0xfdef, none},
    {0xfe00, 0xfe0f, unseen},    /* variation selectors */
    {0xfeff, 0xfeff, unseen},    /* mark of the order of octets */
    {0xffa0, 0xffa0, blank},     /* halfwidth Hangul filler */
    {0xfff0, 0xfffb, unseen},    /* interlinear annotation */
    {0x110bd, 0x110bd, unseen},  /* Kaithi number signs */
    {0x110cd, 0x110cd, unseen},
    {0x13430, 0x1343f, unseen},  /* joiners of Egyptian hieroglyphs */
    {0x1bca0, 0x1bca3, unseen},  /* of shorthand */
    {0x1d173, 0x1d17a, unseen},  /* of music */
    {0xe0000, 0xe0fff, unseen},  /* tags, more variation selectors */
};

uint32_t
character_at(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;

	if (c[0] < 0x80) {
		return c[0];
	}
	if (c[0] < 0xe0) {
		return (uint32_t)(c[0] & 0x1f) << 6 | (c[1] & 0x3f);
	}
	if (c[0] < 0xf0) {
		return (uint32_t)(c[0] & 0x0f) << 12 | (uint32_t)(c[1] & 0x3f) << 6 | (c[2] & 0x3f);
	}
	return (uint32_t)(c[0] & 0x07) << 18 | (uint32_t)(c[1] & 0x3f) << 12 | (uint32_t)(c[2] & 0x3f) << 6 | (c[3] & 0x3f);
}

const char *
character_trouble(uint32_t code)
{
	size_t low = 0;
	size_t high = sizeof(ranges) / sizeof(ranges[0]);

	if ((code & PLANE) >= NO_CHARACTER) {
		return none;
	}
	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (code > ranges[middle].last) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < sizeof(ranges) / sizeof(ranges[0]) && code >= ranges[low].first ? ranges[low].trouble : NULL;
}

bool
character_is_seen(uint32_t code)
{
	const char *trouble = character_trouble(code);

	return trouble != unseen && trouble != none;
}
