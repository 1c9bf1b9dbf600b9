//! Compares the public API with its listing in `tests/public-api.txt`, so that a review shows each change.
//!
//! The listing holds all features, as they are on Linux. `UPDATE_PUBLIC_API=1 cargo test` writes it anew.
//! rustdoc's JSON needs a nightly compiler: the toolchain that `NIGHTLY` names, by default `nightly`.

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        env, fs,
        io::{Write, stderr},
        path::{Path, PathBuf},
        process::Command,
    };

    const LISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../public-api.txt");

    #[test]
    fn the_public_api_is_the_listed_one() {
        let toolchain = env::var("NIGHTLY").unwrap_or_else(|_| "nightly".to_owned());
        if !cfg!(target_os = "linux") {
            return skip("the listing is of Linux");
        }
        if !is_installed(&toolchain) {
            return skip(&format!("the toolchain `{toolchain}` is not installed"));
        }
        let json = rustdoc_json(&toolchain);
        let api = listing(&json).unwrap_or_else(|error| {
            panic!("`public-api` cannot read the JSON of the toolchain `{toolchain}`: {error}")
        });
        if env::var_os("UPDATE_PUBLIC_API").is_some() {
            return fs::write(LISTING, api).expect("the listing can be written");
        }
        let listed = fs::read_to_string(LISTING).expect("tests/public-api.txt can be read");
        assert!(
            api == listed,
            "the public API differs from tests/public-api.txt:\n{}\
             If the change is intended, write the listing anew: \
             UPDATE_PUBLIC_API=1 cargo test --manifest-path tests/public_api/Cargo.toml",
            difference(&listed, &api)
        );
    }

    /// The public items, one a line. Of a derived trait there is the fact that it is implemented, but not its
    /// methods.
    fn listing(json: &Path) -> Result<String, public_api::Error> {
        let items = |without_derived| {
            public_api::Builder::from_rustdoc_json(json)
                .omit_blanket_impls(true)
                .omit_auto_trait_impls(true)
                .omit_auto_derived_impls(without_derived)
                .build()
                .map(|api| api.items().map(|item| format!("{item}\n")).collect::<Vec<_>>())
        };
        let written: HashSet<_> = items(true)?.into_iter().collect();
        let derived =
            |item: &String| item.starts_with("impl") && !item.contains("core::marker::StructuralPartialEq");
        Ok(items(false)?.into_iter().filter(|item| written.contains(item) || derived(item)).collect())
    }

    fn is_installed(toolchain: &str) -> bool {
        cargo(toolchain).arg("--version").output().is_ok_and(|output| output.status.success())
    }

    /// Has rustdoc describe the library, and returns the path of its JSON.
    fn rustdoc_json(toolchain: &str) -> PathBuf {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| package.join("target"), PathBuf::from);
        let status = cargo(toolchain)
            .args(["rustdoc", "--quiet", "--lib", "--all-features", "--target-dir"])
            .arg(&target)
            .arg("--manifest-path")
            .arg(package.join("Cargo.toml"))
            .args(["--", "-Z", "unstable-options", "--output-format", "json"])
            .status()
            .expect("cargo can be started");
        assert!(status.success(), "rustdoc fails: {status}");
        target.join("doc/tracing_dispatch_failure.json")
    }

    /// Cargo of another toolchain than the one that runs this test.
    fn cargo(toolchain: &str) -> Command {
        let mut cargo = Command::new("rustup");
        cargo.args(["run", toolchain, "cargo"]);
        // Set by the cargo that runs this test.
        cargo.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC").env_remove("RUSTUP_TOOLCHAIN");
        cargo
    }

    /// The lines that only one of two listings has: the old one's begin with `-`, the new one's with `+`.
    fn difference(before: &str, after: &str) -> String {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<HashSet<_>>();
        let (old, new) = (lines(before), lines(after));
        let gone = before.lines().filter(|line| !new.contains(*line)).map(|line| format!("- {line}\n"));
        let added = after.lines().filter(|line| !old.contains(*line)).map(|line| format!("+ {line}\n"));
        gone.chain(added).collect()
    }

    /// Says that the test cannot run here, and fails where `REQUIRE_ALL_TESTS` is set.
    fn skip(reason: &str) {
        assert!(env::var_os("REQUIRE_ALL_TESTS").is_none(), "this test must run: {reason}");
        // Not by `eprintln!`, which the test harness keeps to itself where a test succeeds.
        let _ = writeln!(stderr(), "SKIPPED: the public API is not compared with its listing: {reason}");
    }
}
