//! What is told at the end of a thread or of the process.
//!
//! A destructor of thread-local data runs when its thread ends. That of the main thread runs when `main` returns
//! or `exit` is called in it, and so at the end of the process; not so on Windows, nor with musl.

use crate::observe::doctor::{Doctor, Moment};
use std::{
    cell::RefCell,
    sync::{Arc, Weak},
};

thread_local! {
    static ENDING: RefCell<Ending> = const { RefCell::new(Ending { doctors: Vec::new(), is_main: false }) };
}

struct Ending {
    doctors: Vec<Weak<Doctor>>,
    is_main: bool,
}

/// When this thread ends, the doctor tells what it noticed.
pub(crate) fn watch_thread(doctor: &Arc<Doctor>) {
    // A thread that is ending already tells nothing more.
    let _ = ENDING.try_with(|ending| {
        let Ok(mut ending) = ending.try_borrow_mut() else { return };
        ending.is_main = std::thread::current().name() == Some("main");
        let doctors = &mut ending.doctors;
        doctors.retain(|known| known.strong_count() > 0);
        if !doctors.iter().any(|known| known.as_ptr() == Arc::as_ptr(doctor)) {
            doctors.push(Arc::downgrade(doctor));
        }
    });
}

/// The same, if this is the main thread.
pub(crate) fn watch_process(doctor: &Arc<Doctor>) {
    if std::thread::current().name() == Some("main") {
        watch_thread(doctor);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let moment = if self.is_main { Moment::End } else { Moment::Running };
        self.doctors.iter().filter_map(Weak::upgrade).for_each(|doctor| doctor.tell(moment));
    }
}
