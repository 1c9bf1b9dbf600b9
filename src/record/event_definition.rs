//! The definition of event 4031.

/// The definition of a Windows event, as its provider's manifest declares it.
///
/// The only value of this type is [`DISPATCH_SESSION_FAILED`]. The fields that correspond to
/// `EVENT_DESCRIPTOR` (id, version, channel, level, opcode, task, keyword) are described in the Windows
/// documentation of that structure.
///
/// # Example: a filter for `wevtutil`
///
/// ```
/// use tracing_dispatch_failure::DISPATCH_SESSION_FAILED as EVENT;
///
/// let query = format!("*[System[EventID={} and Level={}]]", EVENT.id, EVENT.level);
/// assert_eq!(query, "*[System[EventID=4031 and Level=2]]");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventDefinition {
    /// The event's number, unique within its provider.
    pub id: u16,
    /// The event's symbolic name; never translated.
    pub name: &'static str,
    /// The version of the event's payload.
    pub version: u8,
    /// The level by ETW's numbers (`winmeta.xml`): 1 critical, 2 error, 3 warning, 4 information, 5 verbose.
    pub level: u8,
    /// The level's name, the same as in `tracing`; never translated.
    pub level_name: &'static str,
    /// The operation within the task; 0 is `Info` (`winmeta.xml`).
    pub opcode: u8,
    /// The task's number within its provider.
    pub task: u16,
    /// The task's symbolic name.
    pub task_name: &'static str,
    /// The keyword's bit, without the bit of any channel.
    pub keyword: u64,
    /// The keyword's name; never translated.
    pub keyword_name: &'static str,
    /// The channel's number within its provider.
    pub channel: u8,
    /// The channel's full name; never translated.
    pub channel_name: &'static str,
    /// The keyword bit that an event needs to reach the channel.
    pub channel_keyword: u64,
    /// The provider's name.
    pub provider: &'static str,
    /// The provider's GUID, most significant digit first.
    pub provider_guid: u128,
    /// The identifier of the event's documentation page (`ms.assetid`): a stable 128-bit name of this event.
    /// It is the `MESSAGE_ID` of journald entries.
    pub documentation_id: u128,
}

impl EventDefinition {
    /// Returns the keyword mask of an event in the channel: [`keyword`](Self::keyword) and
    /// [`channel_keyword`](Self::channel_keyword).
    ///
    /// # Example: the keyword that Event Viewer shows
    ///
    /// ```
    /// use tracing_dispatch_failure::DISPATCH_SESSION_FAILED as EVENT;
    ///
    /// assert_eq!(EVENT.channel_mask(), 0x2000_0000_0000_0800);
    /// ```
    #[must_use]
    pub const fn channel_mask(&self) -> u64 {
        self.keyword | self.channel_keyword
    }
}

/// Event 4031, `DispatchSessionFailed`: "This event is emitted when the session dispatch has
/// failed."
///
/// # Sources
///
/// - Id, name, level, keyword and channel: the documentation page *4031 - DispatchSessionFailed*
///   in `dotnet/docs` (`docs/framework/wcf/diagnostics/etw/4031-dispatchsessionfailed.md`), whose
///   `ms.assetid` is [`documentation_id`](EventDefinition::documentation_id).
/// - Provider GUID, version, opcode, task, channel number and the bits of keyword and channel: the
///   provider's manifest as registered by .NET Framework 4.5 and later, readable in
///   `microsoft/referencesource` (`System.ServiceModel.Internals`, class `TD`) and in
///   `microsoft/perfview` (`ApplicationServerTraceEventParser`).
/// - The opcode is `Info`, not `Stop`: only event 4030 `DispatchSessionSuccess` closes the activity that
///   event 4008 `DispatchSessionStart` opens.
///
/// # Example: the identifiers of the original event
///
/// ```
/// use tracing_dispatch_failure::DISPATCH_SESSION_FAILED as EVENT;
///
/// assert_eq!((EVENT.id, EVENT.name), (4031, "DispatchSessionFailed"));
/// assert_eq!(format!("{:032x}", EVENT.provider_guid), "c651f5f61c0d492e8ae1b4efd7c9d503");
/// ```
pub const DISPATCH_SESSION_FAILED: EventDefinition = EventDefinition {
    id: 4031,
    name: "DispatchSessionFailed",
    version: 0,
    level: 2,
    level_name: "ERROR",
    opcode: 0,
    task: 2500,
    task_name: "ActivationDispatchSession",
    keyword: 0x800,
    keyword_name: "ActivationServices",
    channel: 18,
    channel_name: "Microsoft-Windows-Application Server-Applications/Analytic",
    channel_keyword: 0x2000_0000_0000_0000,
    provider: "Microsoft-Windows-Application Server-Applications",
    provider_guid: 0xc651_f5f6_1c0d_492e_8ae1_b4ef_d7c9_d503,
    documentation_id: 0xc9fe_9959_aeac_4446_a488_7c7c_94c9_2cef,
};

#[cfg(test)]
mod tests {
    use super::DISPATCH_SESSION_FAILED as EVENT;

    #[test]
    fn the_descriptor_has_the_documented_values() {
        assert_eq!((EVENT.id, EVENT.version, EVENT.channel), (4031, 0, 18));
        assert_eq!((EVENT.level, EVENT.opcode, EVENT.task), (2, 0, 2500));
        assert_eq!(EVENT.channel_mask(), 0x2000_0000_0000_0800);
    }
}
