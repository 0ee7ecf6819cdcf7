@0x8c6d833a015b8b50;
# time.capnp - clocks and timers. Uptime never goes back; the wall clock is the machine's, and may.
using Wl = import "wl.capnp";

interface Time @0xc653bf1fc9201aed {
  enum Error { denied @0; badTime @1; badZone @2; limit @3; noClock @4; }
  # What changes the clock or its settings needs a capability with control: images/system.toml.

  struct Date {
    year @0 :UInt16;
    month @1 :UInt8;
    day @2 :UInt8;
    hour @3 :UInt8;
    minute @4 :UInt8;
    second @5 :UInt8;
    weekday @6 :UInt8; # 0: Sunday
  }

  now @0 () -> (uptimeNs :UInt64, known :Bool, unixSeconds :Int64, date :Date, zoneMinutes :Int16, hour24 :Bool) $Wl.volatile;
  # `known`: the machine's clock says something; else `unixSeconds` and `date` mean nothing. `unixSeconds`: seconds since
  # 1970 in UTC. `date`: the same in the zone of the settings.
  configure @1 (zoneMinutes :Int16, hour24 :Bool, request :UInt64) -> () $Wl.once $Wl.errors(["denied", "badZone"]);
  # East of UTC: from -720 to 840.
  setClock @2 (date :Date) -> () $Wl.errors(["denied", "badTime", "noClock"]);
  # In the zone of the settings, from 1970 to 2199.
  timer @3 (request :UInt64) -> (timer :Timer) $Wl.once $Wl.errors(["limit"]);
  # One that is not set. It goes with its last capability.
}

interface Timer @0xcd255504a72b9804 {
  enum Error { idle @0; badPeriod @1; busy @2; }

  set @0 (afterNs :UInt64, periodNs :UInt64) -> () $Wl.volatile $Wl.errors(["badPeriod"]);
  # Expires after that time, and again after each period, of at least 10 ms; 0: once. Who waits for what was
  # set before is answered `idle`.
  clear @1 () -> () $Wl.volatile;
  wait @2 (after :UInt64) -> (expirations :UInt64) $Wl.volatile $Wl.errors(["idle", "busy"]);
  # Answers when it has expired more than `after` times since it was set; at once if it has. One waits at
  # a time (`busy`).
  notify @3 (notification :Capability) -> ();
  # Signalled at each expiration, until the service is started again. At once if it has expired.
}
