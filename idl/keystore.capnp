@0xfdb84a24ed8d19db;
# keystore.capnp - keys that never leave: made, used and deleted by name in the asker's own key space,
# or through a capability to one key. See servers/keystore.
using Wl = import "wl.capnp";

enum KeyKind { sign @0; agree @1; seal @2; data @3; hybridSign @4; hybridAgree @5; }
# sign: Ed25519. agree: X25519. seal: XChaCha20-Poly1305. data: bytes that can be read again.
# hybridSign: Ed25519 with ML-DSA-65, hybridAgree: X25519 with ML-KEM-768: the messages have room for
# them, and they are answered with `notOffered`.

struct KeyEntry {
  name @0 :Text $Wl.max(64);
  kind @1 :KeyKind;
  bytes @2 :UInt32; # of data
}

interface Keystore @0xd0fda4b82c805c39 {
  enum Error {
    locked @0; noSpace @1; notFound @2; exists @3; badName @4; wrongKind @5; notOffered @6; tooLong @7;
    full @8; ioError @9; unhealthy @10; noRoom @11;
  }
  # locked: nobody has unlocked it since it was started. noSpace: the asker was given no key space.
  # full: keys, data or the disk. unhealthy: there are no random bytes. noRoom: too many keys are open.
  # ioError: the disk could not; what was asked may be done or not, and is not taken as done.

  create @0 (name :Text $Wl.max(64), kind :KeyKind) -> ()
      $Wl.errors(["locked", "noSpace", "exists", "badName", "wrongKind", "notOffered", "full", "ioError", "unhealthy"]);
  # A new key of random bytes. Durable when it is answered, as all that changes something here. Names
  # are "/keys/" and at most 58 bytes more, printable, without "//" or "/" at the end.
  import @1 (name :Text $Wl.max(64), kind :KeyKind, secret :Data $Wl.max(32)) -> ()
      $Wl.errors(["locked", "noSpace", "exists", "badName", "wrongKind", "notOffered", "tooLong", "full", "ioError", "unhealthy"]);
  # The same of 32 bytes that the asker has: it answers for its own copy.
  open @2 (name :Text $Wl.max(64)) -> (key :Key)
      $Wl.errors(["locked", "noSpace", "notFound", "badName", "wrongKind", "noRoom"]);
  # A capability to use this one key, which may be given on. Until the key is deleted.
  delete @3 (name :Text $Wl.max(64)) -> ()
      $Wl.errors(["locked", "noSpace", "notFound", "badName", "full", "ioError", "unhealthy"]);
  list @4 (prefix :Text $Wl.max(64), after :Text $Wl.max(64)) -> (keys :List(KeyEntry) $Wl.max(8), more :Bool)
      $Wl.errors(["locked", "noSpace"]);
  # Names of the asker's space that begin with `prefix`, in order, behind `after`.
  has @5 (name :Text $Wl.max(64)) -> (there :Bool) $Wl.errors(["locked", "noSpace", "badName"]);
  write @6 (name :Text $Wl.max(64), data :Data $Wl.max(3000), append :Bool) -> ()
      $Wl.errors(["locked", "noSpace", "notFound", "badName", "wrongKind", "tooLong", "full", "ioError", "unhealthy"]);
  # `data` in place of what is there, made if need be; or behind what is there, up to a MiB in all.
  read @7 (name :Text $Wl.max(64), offset :UInt32) -> (data :Data $Wl.max(3000), size :UInt32)
      $Wl.errors(["locked", "noSpace", "notFound", "badName", "wrongKind"]);
  # Of data only: a key is not read, by nobody.
  space @8 (owner :Data $Wl.max(16)) -> (space :Keystore) $Wl.errors(["noSpace", "badName", "noRoom"]);
  # A space within the asker's own, for somebody to whom the asker gives it: 16 bytes, not all 0, say for
  # whom, and each sees its own keys only. None has spaces within it. It holds 48 keys and 128 KiB of data.
  close @9 () -> () $Wl.errors(["noSpace"]);
  # Of a space within another: this capability to it, its copies, and all keys that were opened through it
  # are of no use any more. The keys stay.
  clear @10 (prefix :Text $Wl.max(64)) -> ()
      $Wl.errors(["locked", "noSpace", "notFound", "full", "ioError", "unhealthy"]);
  # Deletes all of this space whose names begin so, as one change.
  owners @11 (after :Data $Wl.max(16)) -> (owners :List(KeyOwner) $Wl.max(8), more :Bool)
      $Wl.errors(["locked", "noSpace", "badName"]);
  # For whom there are keys in spaces within the asker's own, in order, behind `after`.
}

struct KeyOwner {
  id @0 :Data $Wl.max(16);
}

interface Key @0xabb7e6a14a4aece6 {
  enum Error { locked @0; gone @1; wrongKind @2; badDomain @3; badPeer @4; notSealed @5; unhealthy @6; }
  # gone: it was deleted. badDomain: a domain is 1 to 32 bytes. badPeer: that is no public key.

  public @0 () -> (kind :KeyKind, key :Data $Wl.max(2048)) $Wl.errors(["locked", "gone"]);
  # The public half; none of a seal key.
  sign @1 (domain :Text $Wl.max(32), message :Data $Wl.max(3072)) -> (signature :Data $Wl.max(3456))
      $Wl.errors(["locked", "gone", "wrongKind", "badDomain"]);
  # In a domain: libsys/crypto/crypto.h says what is signed, and verifies it without the key.
  verify @2 (domain :Text $Wl.max(32), message :Data $Wl.max(512), signature :Data $Wl.max(3456)) -> (good :Bool)
      $Wl.errors(["locked", "gone", "wrongKind", "badDomain"]);
  agree @3 (domain :Text $Wl.max(32), peer :Data $Wl.max(1216)) -> (secret :Data $Wl.max(32))
      $Wl.errors(["locked", "gone", "wrongKind", "badDomain", "badPeer"]);
  # What both sides have in common in this domain, whoever of the two asks.
  seal @4 (domain :Text $Wl.max(32), data :Data $Wl.max(3072)) -> (sealed :Data $Wl.max(3112))
      $Wl.errors(["locked", "gone", "wrongKind", "badDomain", "unhealthy"]);
  unseal @5 (domain :Text $Wl.max(32), sealed :Data $Wl.max(3112)) -> (data :Data $Wl.max(3072))
      $Wl.errors(["locked", "gone", "wrongKind", "badDomain", "notSealed"]);
  # notSealed: not by this key, not in this domain, or changed since.
}

interface Vault @0xf2b9c5a8e417d360 {
  enum Error {
    noDisk @0; wrongState @1; wrongPassphrase @2; tooShort @3; damaged @4; ioError @5; noMemory @6;
    unhealthy @7; tooSmall @8; foreign @9; version @10;
  }
  # wrongState: it is locked already, unlocked already, or set up already.
  enum State { noDisk @0; empty @1; foreign @2; version @3; damaged @4; locked @5; open @6; tooSmall @7; ioError @8; }

  struct Status {
    state @0 :State;
    keys @1 :UInt32;
    dataBytes @2 :UInt32;
    unattended @3 :Bool;     # the disk itself has what unlocks it
    usedSectors @4 :UInt64;  # of the area in use
    areaSectors @5 :UInt64;
    records @6 :UInt64;
    damagedSector @7 :UInt64; # damaged: where, of the disk
    serial @8 :Text $Wl.max(20);
    handles @9 :UInt32;      # keys that are open
    torn @10 :Bool;          # the last one was cut off by a loss of power, before it was answered
  }

  status @0 () -> (status :Status);
  setup @1 (passphrase :Data $Wl.max(256)) -> ()
      $Wl.errors(["noDisk", "wrongState", "tooShort", "ioError", "noMemory", "unhealthy", "tooSmall", "foreign", "version", "damaged"]);
  # On an empty disk. A passphrase has 12 bytes at least.
  unlock @2 (passphrase :Data $Wl.max(256)) -> ()
      $Wl.errors(["noDisk", "wrongState", "wrongPassphrase", "damaged", "ioError", "noMemory", "foreign", "version", "tooSmall"]);
  lock @3 () -> () $Wl.errors(["wrongState"]);
  # Keys and what is derived from them are wiped.
  passphrase @4 (old :Data $Wl.max(256), new :Data $Wl.max(256)) -> ()
      $Wl.errors(["wrongState", "wrongPassphrase", "tooShort", "ioError", "noMemory", "unhealthy"]);
  unattended @5 (on :Bool) -> () $Wl.errors(["wrongState", "ioError", "unhealthy"]);
  # On: a secret on the same disk unlocks it at the start, so whoever has the disk has the keys.
}
