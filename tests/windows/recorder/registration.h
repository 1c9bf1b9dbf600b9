/* The registered providers, and how they learn what the trace session asks. */

#ifndef REGISTRATION_H
#define REGISTRATION_H

#define _EVNT_SOURCE_ /* evntprov.h then declares functions of ours, not imports */
#include <windows.h>
#include <evntprov.h>

/* What a session asks: the arguments of a provider's enable callback. */
typedef struct {
    BOOL every_provider;
    GUID provider;
    ULONG code; /* IsEnabled: 0 disable, 1 enable, 2 capture state */
    UCHAR level;
    ULONGLONG any;
    ULONGLONG all;
} Control;

typedef struct {
    GUID provider;
    PENABLECALLBACK callback;
    PVOID context;
    BOOL has_traits;
    Control last;      /* code 0 until a session enables the provider */
    SIZE_T controls;   /* how many of them it has been told */
} Registration;

void registrations_begin(void);

/* Handles are never used twice, so that a stale one is noticed. */
REGHANDLE registration_add(const GUID *provider, PENABLECALLBACK callback, PVOID context);

/* Waits until no callback runs. FALSE: no such handle. */
BOOL registration_remove(REGHANDLE handle, Registration *removed);

BOOL registration_find(REGHANDLE handle, Registration *copy);

/* FALSE: this registration has traits already. */
BOOL registration_set_traits(REGHANDLE handle);

/* Calls the callback for each control that the provider has not heard of. */
void registration_catch_up(REGHANDLE handle);

/* Adds a control for all present and later providers, and calls the callbacks that
 * it concerns. FALSE: there are too many. */
BOOL control_everyone(const Control *control);

#endif
