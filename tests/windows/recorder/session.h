/* The trace session that the recorder plays: reads what it asks of the providers.
 *
 * A command is a line of words:
 *
 *   [{guid}] enable [level=N] [any=MASK] [all=MASK]   control code 1
 *   [{guid}] capture                                  control code 2
 *   [{guid}] disable                                  control code 0
 *   limit N     a write of more than N bytes of data answers ERROR_MORE_DATA;
 *               0 takes the limit away
 *   mark TEXT   puts {"call":"Mark","text":TEXT} into the recording
 *
 * Without a GUID every provider is meant. Numbers are decimal or 0x…; what is
 * not given is 0, which to Windows means all levels and all keywords.
 *
 * Commands come from the variable ETW_RECORDER_SESSION, separated by ";", and,
 * while the program runs, through the named pipe
 * \\.\pipe\etw-recorder-<process id>: the program writes a line and reads the
 * answer, "ok" or "error: …". "ok" is sent after every callback has returned, so
 * that a test neither sleeps nor polls; and the callbacks run on another thread
 * than the program's, as in Windows. The pipe exists from the first EventRegister
 * on. A provider that registers later is told all earlier commands, in order. */

#ifndef SESSION_H
#define SESSION_H

#include <windows.h>

/* Obeys ETW_RECORDER_SESSION and opens the pipe; later calls do nothing. */
void session_begin(void);

/* The most bytes of data that a write may have; 0: no limit. */
ULONG session_limit(void);

#endif
