//! Runs hooks when a thread or the process ends.
//!
//! They run in the destructor of a thread-local value. The main thread's destructors run when `main` returns, or when
//! it calls `exit`, and so at the end of the process. On Windows and with musl they do not run then.

use std::{cell::RefCell, sync::Weak};

thread_local! {
    static HOOKS: RefCell<ExitHooks> = const { RefCell::new(ExitHooks { hooks: Vec::new(), is_main: false }) };
}

/// Something to do when a thread or the process ends.
pub(crate) trait ExitHook {
    /// Runs at the end of a thread, or of the process.
    fn run(&self, is_process: bool);
}

struct ExitHooks {
    hooks: Vec<Weak<dyn ExitHook>>,
    is_main: bool,
}

/// Registers a hook for the end of this thread. A hook that is registered twice runs once.
pub(crate) fn register_for_thread(hook: &Weak<dyn ExitHook>) {
    // If the thread is ending already, the hook does not run.
    let _ = HOOKS.try_with(|hooks| {
        let Ok(mut exit_hooks) = hooks.try_borrow_mut() else { return };
        exit_hooks.is_main = std::thread::current().name() == Some("main");
        let hooks = &mut exit_hooks.hooks;
        // Reporters may come and go, as in tests.
        hooks.retain(|known| known.strong_count() > 0);
        if !hooks.iter().any(|known| known.ptr_eq(hook)) {
            hooks.push(Weak::clone(hook));
        }
    });
}

/// Registers a hook for the end of the process, if this is the main thread.
pub(crate) fn register_for_process(hook: &Weak<dyn ExitHook>) {
    if std::thread::current().name() == Some("main") {
        register_for_thread(hook);
    }
}

impl Drop for ExitHooks {
    fn drop(&mut self) {
        let Self { hooks, is_main } = self;
        hooks.iter().filter_map(Weak::upgrade).for_each(|hook| hook.run(*is_main));
    }
}
