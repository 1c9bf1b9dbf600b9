/* One line of the recording: a JSON object of a call, written at once. */

#ifndef LINE_H
#define LINE_H

#include <windows.h>

typedef struct {
    char *text;
    SIZE_T length;
    SIZE_T capacity;
} Line;

/* Starts {"thread":…,"call":<call>. */
Line line_start(const char *call);

/* Each adds a member; a NULL key adds an array's element. */
void line_number(Line *line, const char *key, ULONGLONG value);
void line_hex(Line *line, const char *key, ULONGLONG value);
void line_string(Line *line, const char *key, const char *value);
void line_guid(Line *line, const char *key, const GUID *value); /* NULL: null */
void line_bytes(Line *line, const char *key, const void *bytes, SIZE_T size);

void line_open(Line *line, const char *key, char bracket);
void line_close(Line *line, char bracket);

/* Ends the object and appends it to the recording. */
void line_finish(Line *line);

/* A recorder that does not work must not look like a program that writes
 * nothing: says why on stderr and ends the process with 97. */
__attribute__((noreturn)) void recorder_dies(const char *why);

#endif
