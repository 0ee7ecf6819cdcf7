@0xad0826af2a0e956b;
# identity.capnp - users, their keys, and sessions.
#
# A user is known by an id, from the hash of the user's identity key. That key comes from the neural key, of
# which nothing is kept but two shares of five, sealed under the password; three give it back. What a
# user signs with day by day are machine keys, each with rights, an epoch and perhaps an end.
# Who asks is what the capability says: no method of UserSession names a user.
using Wl = import "wl.capnp";
using Vfs = import "vfs.capnp";
using Keystore = import "keystore.capnp";

struct User {
  name @0 :Text $Wl.max(32);
  id @1 :Data $Wl.max(16);
  identityKey @2 :Data $Wl.max(32); # Ed25519
  locked @3 :Bool;
  machines @4 :UInt16;
  sessions @5 :UInt16;
  vaulted @6 :Bool; # the keystore has a part in what the password opens, and the machine keys
}

struct Machine {
  number @0 :UInt32; # of the user's
  name @1 :Text $Wl.max(32);
  publicKey @2 :Data $Wl.max(32); # Ed25519
  epoch @3 :UInt32;  # counts its keys, from 1
  rights @4 :UInt32; # 1 authenticate, 2 sign, 4 make machine keys, 8 revoke them, 16 agree on secrets,
                     # 32 use the user's own keys
  expires @5 :Int64; # seconds since 1970; 0: never
  revoked @6 :Bool;
  external @7 :Bool; # it is not here
  held @8 :Bool;     # the keystore has it, and nobody else; if not, its seed is kept under the password
  agreeKey @9 :Data $Wl.max(32); # X25519; none of some that are external
}

struct Shard {
  text @0 :Text $Wl.max(96);
}

interface Identity @0xec49ea1c629903a4 {
  enum Error { denied @0; badName @1; taken @2; noUser @3; locked @4; limit @5; weakPassword @6; badPassword @7; tooOften @8;
               tooFewShards @9; badShard @10; sameShardTwice @11; wrongSet @12; mismatch @13;
               unknownNonce @14; replayed @15; expired @16; wrongUser @17; badSignature @18;
               noMachine @19; revoked @20; noRight @21; oldEpoch @22; current @23; notFound @24; noRandom @25; noClock @26; keysLocked @27; noFiles @28; badPeer @29; }
  # The same errors as UserSession's, with the same numbers.

  create @0 (name :Text $Wl.max(32), password :Text $Wl.max(128)) -> (user :User, shards :List(Shard) $Wl.max(3))
      $Wl.errors(["denied", "badName", "taken", "limit", "weakPassword", "noRandom", "keysLocked"]);
  # A new neural key, and a machine key with all rights. The shards are shown here, and never again. Needs control.
  # A password has at least 12 bytes.
  get @1 (name :Text $Wl.max(32)) -> (user :User) $Wl.errors(["noUser"]);
  list @2 (after :UInt32) -> (users :List(User) $Wl.max(8), next :UInt32);
  # `next`: what to ask with for those behind; 0: none.
  remove @3 (name :Text $Wl.max(32)) -> () $Wl.errors(["denied", "noUser"]);
  # With all that is the user's, sessions too. Needs control.
  lock @4 (name :Text $Wl.max(32), locked :Bool) -> () $Wl.errors(["denied", "noUser"]);
  # Nobody logs in as a locked user; sessions end. Needs control.
  challenge @5 (user :Data $Wl.max(16)) -> (nonce :Data $Wl.max(32), lifeMs :UInt32) $Wl.volatile $Wl.errors(["noUser", "limit", "noRandom"]);
  # For the asker, that user and one attempt.
  login @6 (user :Data $Wl.max(16), machine :UInt32, nonce :Data $Wl.max(32), signature :Data $Wl.max(64)) -> (session :UserSession)
      $Wl.errors(["noUser", "locked", "limit", "unknownNonce", "replayed", "expired", "wrongUser", "badSignature",
                  "noMachine", "revoked", "noRight", "noClock"]);
  # `signature`: of the machine key, in the domain "machine login 1" (libsys/crypto/crypto.h), over the user's id,
  # number and epoch of the key in four bytes each, and the nonce.
  sign @7 (name :Text $Wl.max(32), password :Text $Wl.max(128), nonce :Data $Wl.max(32)) -> (machine :UInt32, signature :Data $Wl.max(64))
      $Wl.errors(["noUser", "badPassword", "keysLocked", "tooOften", "noMachine"]);
  # For `login`, with the machine key that the preference "machine" names, or the first one that is here.
  recover @8 (name :Text $Wl.max(32), shards :List(Shard) $Wl.max(5), password :Text $Wl.max(128)) -> (shards :List(Shard) $Wl.max(3))
      $Wl.errors(["noUser", "weakPassword", "tooFewShards", "badShard", "sameShardTwice", "wrongSet", "mismatch", "noRandom", "keysLocked"]);
  # A new password, and new shards: the old ones are of another set from now on. Machine keys here are new,
  # too, each with the next epoch; sessions end.
  verify @9 (user :Data $Wl.max(16), machine :UInt32, epoch :UInt32, domain :Text $Wl.max(32), message :Data $Wl.max(1024),
             signature :Data $Wl.max(64)) -> ()
      $Wl.errors(["noUser", "noMachine", "oldEpoch", "revoked", "expired", "noRight", "badSignature", "noClock"]);
  # Whether the machine key made it by `UserSession.sign`, and still may.
  node @10 () -> (name :Text $Wl.max(32), source :Source);
  # What this machine is called, and who said so: the first of these that did.
  setNode @11 (name :Text $Wl.max(32)) -> () $Wl.errors(["denied", "badName"]);
  # Needs control.
  sessions @12 (after :UInt32) -> (sessions :List(SessionInfo) $Wl.max(8), next :UInt32) $Wl.errors(["denied"]);
  # Of all users. Needs control.
  whose @13 (session :UserSession) -> (user :User) $Wl.volatile $Wl.errors(["notFound"]);
  # Whose session that is, if it is one.
  machine @14 (user :Data $Wl.max(16), number :UInt32) -> (machine :Machine) $Wl.volatile $Wl.errors(["noUser", "noMachine"]);
  # Anybody's: public keys, and what they may do.
  enum Source { explicit @0; config @1; image @2; ephemeral @3; }
  struct SessionInfo {
    user @0 :Text $Wl.max(32);
    machine @1 :Text $Wl.max(32);
    label @2 :Text $Wl.max(32); # of one that was attached
    startedMs @3 :UInt64;       # uptime
    leftMs @4 :UInt64;
  }
}

interface UserSession @0x9ce0bbcb6fde5348 {
  enum Error { denied @0; badName @1; taken @2; noUser @3; locked @4; limit @5; weakPassword @6; badPassword @7; tooOften @8;
               tooFewShards @9; badShard @10; sameShardTwice @11; wrongSet @12; mismatch @13;
               unknownNonce @14; replayed @15; expired @16; wrongUser @17; badSignature @18;
               noMachine @19; revoked @20; noRight @21; oldEpoch @22; current @23; notFound @24; noRandom @25; noClock @26; keysLocked @27; noFiles @28; badPeer @29; }

  whoami @0 () -> (user :User, machine :Machine, label :Text $Wl.max(32), startedMs :UInt64, leftMs :UInt64, attached :UInt16) $Wl.errors(["expired"]);
  extend @1 () -> (leftMs :UInt64) $Wl.errors(["expired"]);
  # 24 hours from now, for those attached to it, too.
  logout @2 () -> () $Wl.errors(["expired"]);
  # It, and all that was derived from it, is nobody's any more.
  attach @3 (label :Text $Wl.max(32)) -> (session :UserSession) $Wl.errors(["denied", "badName", "limit", "expired"]);
  # For a program: it can ask who it is and end itself; all else is `denied` to it. It ends with this one.
  attached @4 () -> (labels :List(Label) $Wl.max(16)) $Wl.errors(["expired"]);
  struct Label {
    text @0 :Text $Wl.max(32);
  }
  password @5 (old :Text $Wl.max(128), new :Text $Wl.max(128)) -> ()
      $Wl.errors(["denied", "expired", "weakPassword", "badPassword", "keysLocked", "tooOften", "noRandom"]);
  reshare @6 (password :Text $Wl.max(128), shard :Text $Wl.max(96)) -> (shards :List(Shard) $Wl.max(3))
      $Wl.errors(["denied", "expired", "badPassword", "keysLocked", "tooOften", "badShard", "sameShardTwice", "wrongSet", "mismatch", "noRandom"]);
  # New shards for old ones: with one of them, and the password for the two that are here.
  machines @7 (after :UInt32) -> (machines :List(Machine) $Wl.max(8), next :UInt32) $Wl.errors(["denied", "expired"]);
  machineCreate @8 (name :Text $Wl.max(32), shard :Text $Wl.max(96), password :Text $Wl.max(128), rights :UInt32 $Wl.range("0..63"), expires :Int64)
      -> (machine :Machine)
      $Wl.errors(["denied", "expired", "badName", "taken", "limit", "badPassword", "keysLocked", "tooOften", "badShard", "sameShardTwice", "wrongSet", "mismatch",
                  "noRight", "noRandom"]);
  machineEnrol @9 (name :Text $Wl.max(32), publicKey :Data $Wl.max(32), rights :UInt32 $Wl.range("0..63"), expires :Int64,
                   agreeKey :Data $Wl.max(32)) -> (machine :Machine)
      $Wl.errors(["denied", "expired", "badName", "taken", "limit", "noRight", "badSignature"]);
  # One that is elsewhere, with or without a key to agree by. No rights beyond those of this session's own.
  machineRename @10 (number :UInt32, name :Text $Wl.max(32)) -> () $Wl.errors(["denied", "expired", "badName", "taken", "noMachine"]);
  machineRotate @11 (number :UInt32, password :Text $Wl.max(128)) -> (machine :Machine)
      $Wl.errors(["denied", "expired", "noMachine", "revoked", "badPassword", "keysLocked", "tooOften", "noRandom"]);
  # A new random key with the next epoch: in the keystore, if that has a part in the password.
  machineRevoke @12 (number :UInt32) -> () $Wl.errors(["denied", "expired", "noMachine", "noRight", "current"]);
  # Never again; sessions that it began end. Not the one of this session.
  sign @13 (domain :Text $Wl.max(32), message :Data $Wl.max(1024), password :Text $Wl.max(128)) -> (signature :Data $Wl.max(64), machine :UInt32, epoch :UInt32)
      $Wl.errors(["denied", "expired", "badPassword", "keysLocked", "tooOften", "noRight", "noMachine", "revoked", "noClock"]);
  # By the machine key that began the session. Without a password if the keystore has it.
  credentialSet @14 (kind :Text $Wl.max(32), value :Text $Wl.max(64)) -> () $Wl.errors(["denied", "expired", "badName", "limit", "notFound"]);
  # An address or a name elsewhere; nobody has verified it. Without a value: unlinked.
  preferenceSet @15 (key :Text $Wl.max(32), value :Text $Wl.max(64)) -> () $Wl.errors(["denied", "expired", "badName", "limit", "notFound"]);
  # "machine": the name of the machine key that `Identity.sign` uses; "scheme": ed25519. With another value these two are
  # `notFound`; all other keys and values are the person's.
  notes @16 (credentials :Bool, after :UInt32) -> (notes :List(Note) $Wl.max(8), next :UInt32) $Wl.errors(["denied", "expired"]);
  # Credentials, or preferences.
  files @17 () -> (root :Vfs.Directory) $Wl.errors(["denied", "expired", "noFiles"]);
  # The file system as the user's, who has /home/NAME, made if it is not there. Taken back at the end of the session.
  agree @18 (domain :Text $Wl.max(32), peer :Data $Wl.max(32), password :Text $Wl.max(128))
      -> (secret :Data $Wl.max(32), machine :UInt32, epoch :UInt32)
      $Wl.errors(["denied", "expired", "badPassword", "keysLocked", "tooOften", "noRight", "noMachine", "revoked", "noClock", "badPeer"]);
  # What the session's machine key has in common with `peer`, another's `agreeKey`, in that domain: the other side gets
  # the same (libsys/crypto/crypto.h). Without a password if the keystore has the key.
  keys @19 () -> (keys :Keystore.Keystore) $Wl.errors(["denied", "expired", "noRight", "noMachine", "revoked", "noClock", "keysLocked", "limit"]);
  # The user's own keys, in a space of the keystore that nobody else has. Taken back at the end of the session,
  # with all that was opened in it.
  struct Note {
    key @0 :Text $Wl.max(32);
    value @1 :Text $Wl.max(64);
  }
}
