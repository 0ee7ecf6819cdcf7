@0xc5d75d71887eede3;
# permission.capnp - who gets which capability beyond what the system description gives: manifests say what a
# program asks for, a policy says who may have it, and what was given can be taken back.
using Wl = import "wl.capnp";
using Identity = import "identity.capnp";

struct Grant {
  id @0 :UInt32;
  subject @1 :Text $Wl.max(32);
  parent @2 :Text $Wl.max(32); # the subject that made it; empty: the system
  object @3 :Text $Wl.max(32);
  rights @4 :UInt8;
  leftMs @5 :UInt64; # 0: without an end
  line @6 :UInt32;   # of the policy that was in force then
  user @7 :Text $Wl.max(32); # of the session that was shown
  gone @8 :Bool;     # its capabilities have ended already; a process ended before that could be written
}

struct Event {
  number @0 :UInt64;
  atMs @1 :UInt64; # uptime
  kind @2 :Kind;
  code @3 :UInt32; # refused: the error. policy: rules that came, that went << 8, that are in force << 16. badPolicy: the
                   # column, or a Problem and bit 31.
  grant @4 :UInt32;
  line @5 :UInt32;
  rights @6 :UInt8;
  subject @7 :Text $Wl.max(32);
  object @8 :Text $Wl.max(32);
  enum Kind { none @0; granted @1; refused @2; released @3; revoked @4; expired @5; policy @6; subject @7; ended @8; badPolicy @9; }
}

enum Problem { none @0; line @1; long @2; owner @3; unreadable @4; }
# Why the file is not in force: a line is wrong; more than 3000 bytes; not the system's own, or writable for all; the rest.

interface Permission @0x84f3a9b7629d55e4 {
  enum Error { denied @0; limit @1; badManifest @2; noGrant @3; noClock @4; noFile @5; noRule @6; }
  # What changes or shows others' matters needs control.

  register @0 (manifest :Text $Wl.max(1500)) -> (subject :Subject) $Wl.errors(["denied", "limit", "badManifest"]);
  # Needs control. The subject ends with its last capability, and its grants with it.
  problem @1 () -> (line :UInt32);
  # Of the last text that was refused as a manifest or a policy.
  setPolicy @2 (text :Text $Wl.max(3000)) -> (line :UInt32, column :UInt32) $Wl.errors(["denied", "noFile"]);
  # 0: it is in force, and stands in the file. Else that line is wrong, and the policy from before is. Needs control. Grants stay.
  policy @3 (offset :UInt32) -> (text :Text $Wl.max(3000), rules :UInt32, problem :Problem, line :UInt32, column :UInt32);
  # In force. `problem`: why not what is in /policy/permission, which is read whenever it changes.
  grants @4 (after :UInt32) -> (grants :List(Grant) $Wl.max(8), next :UInt32) $Wl.errors(["denied"]);
  revoke @5 (grant :UInt32) -> () $Wl.errors(["denied", "noGrant"]);
  # The capability, and all that was derived from it, everywhere. Its holder is told.
  history @6 (before :UInt64) -> (events :List(Event) $Wl.max(8)) $Wl.errors(["denied"]);
  # The last ones, newest first; before that number, 0: of all.
  rule @7 (index :UInt32) -> (line :UInt32, since :UInt64, more :Bool) $Wl.errors(["noRule"]);
  # Of the policy in force: its line, and the event by which the rule came.
}

interface Subject @0xaa1c93cce25c9dc4 {
  enum Error { noRule @0; rule @1; rights @2; attenuate @3; parent @4; time @5; session @6; user @7;
               notInManifest @8; noObject @9; noSession @10; limit @11; badManifest @12; noGrant @13; }
  # noRule: none of the policy fits. rule: one says no. The next ones: a condition of the rule that fits does not hold.

  request @0 (object :Text $Wl.max(32), rights :UInt8 $Wl.range("1..7"), session :Identity.UserSession $Wl.optional)
      -> (capability :Capability, grant :UInt32, leftMs :UInt64)
      $Wl.errors(["noRule", "rule", "rights", "attenuate", "parent", "time", "session", "user", "notInManifest", "noObject",
                  "noSession", "limit"]);
  # A capability with these rights: 2 use, 4 pass capabilities. `session`: shown, not kept.
  release @1 (grant :UInt32) -> () $Wl.errors(["noGrant"]);
  child @2 (manifest :Text $Wl.max(1500)) -> (subject :Subject) $Wl.errors(["limit", "badManifest"]);
  # For a program that this one starts: of the class app.
  notify @3 (notification :Capability) -> ();
  # Signalled when a grant was taken back.
  notices @4 (seen :UInt32) -> (notices :List(Notice) $Wl.max(8));
  # What was taken back, oldest first, the last eight. Those with numbers up to `seen` are forgotten first.
  struct Notice {
    grant @0 :UInt32;
    object @1 :Text $Wl.max(32);
    why @2 :Why;
    number @3 :UInt32; # from 1 on, by subject
    enum Why { revoked @0; expired @1; }
  }
  needs @5 (at :UInt32) -> (object :Text $Wl.max(32), rights :UInt8, required :Bool, reason :Text $Wl.max(40), more :Bool)
      $Wl.errors(["noObject"]);
  # What the manifest asks for, one after the other.
}
