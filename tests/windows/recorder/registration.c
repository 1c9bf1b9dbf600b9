#include "registration.h"
#include "line.h"

enum { MOST_CONTROLS = 1024 };

typedef struct Node {
    struct Node *next;
    REGHANDLE handle;
    Registration registration;
} Node;

/* Held while a callback runs. It is entered before `table`, and it is recursive,
 * because a callback may register or unregister a provider. */
static CRITICAL_SECTION callbacks;

/* Guards what follows; never held while a callback runs, because a callback may
 * write an event. */
static SRWLOCK table = SRWLOCK_INIT;
static Node *nodes; /* newest first */
static REGHANDLE last_handle = 0x1000;
static Control controls[MOST_CONTROLS];
static SIZE_T control_count;

void registrations_begin(void)
{
    InitializeCriticalSection(&callbacks);
}

static Node *node_of(REGHANDLE handle)
{
    Node *node = nodes;
    while (node && node->handle != handle)
        node = node->next;
    return node;
}

REGHANDLE registration_add(const GUID *provider, PENABLECALLBACK callback, PVOID context)
{
    Node *node = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *node);
    if (!node)
        recorder_dies("out of memory");
    node->registration.provider = *provider;
    node->registration.callback = callback;
    node->registration.context = context;
    AcquireSRWLockExclusive(&table);
    REGHANDLE handle = node->handle = ++last_handle;
    node->next = nodes;
    nodes = node;
    ReleaseSRWLockExclusive(&table);
    return handle;
}

BOOL registration_remove(REGHANDLE handle, Registration *removed)
{
    Node *found;
    EnterCriticalSection(&callbacks);
    AcquireSRWLockExclusive(&table);
    Node **link = &nodes;
    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    found = *link;
    if (found)
        *link = found->next;
    ReleaseSRWLockExclusive(&table);
    LeaveCriticalSection(&callbacks);
    if (!found)
        return FALSE;
    *removed = found->registration;
    HeapFree(GetProcessHeap(), 0, found);
    return TRUE;
}

BOOL registration_find(REGHANDLE handle, Registration *copy)
{
    AcquireSRWLockShared(&table);
    Node *node = node_of(handle);
    if (node)
        *copy = node->registration;
    ReleaseSRWLockShared(&table);
    return node != NULL;
}

BOOL registration_set_traits(REGHANDLE handle)
{
    BOOL first = FALSE;
    AcquireSRWLockExclusive(&table);
    Node *node = node_of(handle);
    if (node) {
        first = !node->registration.has_traits;
        node->registration.has_traits = TRUE;
    }
    ReleaseSRWLockExclusive(&table);
    return first;
}

static BOOL concerns(const Control *control, const Registration *registration)
{
    return control->every_provider || IsEqualGUID(&control->provider, &registration->provider);
}

/* Takes the next control that the provider has not heard of. */
static BOOL next_control(REGHANDLE handle, Control *control, Registration *registration)
{
    BOOL found = FALSE;
    AcquireSRWLockExclusive(&table);
    Node *node = node_of(handle);
    while (node && !found && node->registration.controls < control_count) {
        *control = controls[node->registration.controls++];
        found = concerns(control, &node->registration);
    }
    if (found) {
        if (control->code == 2) {
            /* Capture state changes nothing; it comes with what is in force. */
            *control = node->registration.last;
            control->code = 2;
        } else {
            node->registration.last = *control;
        }
        *registration = node->registration;
    }
    ReleaseSRWLockExclusive(&table);
    return found;
}

void registration_catch_up(REGHANDLE handle)
{
    static const GUID no_source;
    Control control;
    Registration registration;
    EnterCriticalSection(&callbacks);
    while (next_control(handle, &control, &registration)) {
        if (!registration.callback)
            continue;
        Line line = line_start("EnableCallback");
        line_hex(&line, "handle", handle);
        line_guid(&line, "provider", &registration.provider);
        line_number(&line, "code", control.code);
        line_number(&line, "level", control.level);
        line_hex(&line, "any", control.any);
        line_hex(&line, "all", control.all);
        line_finish(&line);
        registration.callback(&no_source, control.code, control.level, control.any, control.all,
                              NULL, registration.context);
    }
    LeaveCriticalSection(&callbacks);
}

/* The registration that came after a handle; 0 after the last. */
static REGHANDLE handle_after(REGHANDLE handle)
{
    REGHANDLE next = 0;
    AcquireSRWLockShared(&table);
    for (Node *node = nodes; node && node->handle > handle; node = node->next)
        next = node->handle;
    ReleaseSRWLockShared(&table);
    return next;
}

BOOL control_everyone(const Control *control)
{
    AcquireSRWLockExclusive(&table);
    BOOL room = control_count < MOST_CONTROLS;
    if (room)
        controls[control_count++] = *control;
    ReleaseSRWLockExclusive(&table);
    for (REGHANDLE handle = handle_after(0); handle; handle = handle_after(handle))
        registration_catch_up(handle);
    return room;
}
