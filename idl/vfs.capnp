@0xdbd1b7b795968e5c;
# vfs.capnp - files. A Directory is a root: nothing above it can be named through it.
#
# Paths are absolute within their Directory: "/", or "/a/b"; no ".", "..", "//", NUL, trailing "/";
# 255 bytes a name, 1024 a path.
#
# Who asks is what the capability says, never the path: each stands for a user, and for rights that can only
# shrink in what is derived from it. Modes are the text rwxrwrw as bits: owner, system (user 0), everybody else.
using Wl = import "wl.capnp";

struct Stat {
  kind @0 :Kind;
  size @1 :UInt64;
  inode @2 :UInt64;
  created @3 :UInt64;  # ticks
  modified @4 :UInt64;
  readOnly @5 :Bool;   # part of the boot image
  owner @6 :UInt64;
  mode @7 :UInt8;
  enum Kind { file @0; directory @1; link @2; }
}

struct Entry {
  kind @0 :Stat.Kind;
  size @1 :UInt64;
  name @2 :Text $Wl.max(255);
  owner @3 :UInt64;
  modified @4 :UInt64;
  mode @5 :UInt8;
}

struct Id {
  kind @0 :Stat.Kind;            # file or directory
  size @1 :UInt64;               # bytes of a file; what is below a directory
  hash @2 :Data $Wl.max(32);     # of a file as `digest`; BLAKE2b-256
}

interface Directory @0xabd08b37fb8e602e {
  enum Error { notFound @0; exists @1; notDirectory @2; isDirectory @3; notEmpty @4; badPath @5; noSpace @6; readOnly @7; limit @8; badOffset @9;
               denied @10; loop @11; quota @12; notLink @13; busy @14; silent @15; gone @16; damaged @17; away @18;
               frozen @19; notFrozen @20; conflict @21; notFork @22; otherTree @23; noArea @24; }
  # The same errors as File's, with the same numbers.

  open @0 (path :Text $Wl.max(1024), create :Bool, exclusive :Bool, truncate :Bool, write :Bool, request :UInt64) -> (file :File)
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "isDirectory", "badPath", "noSpace", "readOnly", "limit", "denied", "loop", "quota", "gone"]);
  # What the file may be used for is decided here, once. Of a server that is mounted there: `gone` when it is gone,
  # `silent` when it has not answered for two seconds, `busy` when too many wait for it already. Such a file is only
  # read; whether it is there says the first `read`.
  stat @1 (path :Text $Wl.max(1024), link :Bool) -> (stat :Stat)
      $Wl.errors(["notFound", "notDirectory", "badPath", "denied", "loop", "busy", "silent", "gone"]);
  # `link`: of a link itself, not of what it leads to.
  list @2 (path :Text $Wl.max(1024), after :Text $Wl.max(255)) -> (entries :List(Entry) $Wl.max(11), more :Bool)
      $Wl.errors(["notFound", "notDirectory", "badPath", "denied", "loop", "busy", "silent", "gone"]);
  # Entries whose name sorts after `after`, in byte order.
  mkdir @3 (path :Text $Wl.max(1024), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "noSpace", "readOnly", "limit", "denied", "loop", "quota"]);
  remove @4 (path :Text $Wl.max(1024), whole :Bool, request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "notDirectory", "notEmpty", "badPath", "readOnly", "denied", "loop"]);
  # A file, a link, or an empty directory; with `whole` a directory and all that is in it, or nothing. An open
  # file lives on until its last capability is gone.
  rename @5 (source :Text $Wl.max(1024), target :Text $Wl.max(1024), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "isDirectory", "notEmpty", "badPath", "noSpace", "readOnly", "denied", "loop"]);
  # Replaces an existing file `target`; a directory never goes below itself.
  subdirectory @6 (path :Text $Wl.max(1024), request :UInt64) -> (directory :Directory)
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "limit", "denied", "loop"]);
  usage @7 () -> (bytes :UInt64, maxBytes :UInt64, files :UInt32, maxFiles :UInt32, opened :UInt32, boots :UInt64, user :UInt64, admin :Bool);
  # Of all users. `user`: for whom this Directory stands; `boots`: how many there were.
  link @8 (path :Text $Wl.max(1024), target :Text $Wl.max(1024), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "noSpace", "readOnly", "limit", "denied", "loop", "quota"]);
  # `target`: a path, from this Directory's root on; or one without the first "/", from the link's directory on.
  # Eight links are followed on one path.
  readLink @9 (path :Text $Wl.max(1024)) -> (target :Text $Wl.max(1024)) $Wl.errors(["notFound", "notDirectory", "badPath", "denied", "loop", "notLink"]);
  chmod @10 (path :Text $Wl.max(1024), mode :UInt8 $Wl.range("0..127"), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "readOnly", "denied", "loop"]);
  # Its owner may, and the system.
  chown @11 (path :Text $Wl.max(1024), user :UInt64, request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "readOnly", "limit", "denied", "loop", "quota"]);
  # Who has `admin` may.
  root @12 (path :Text $Wl.max(1024), user :UInt64, write :Bool, admin :Bool, request :UInt64) -> (directory :Directory)
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "limit", "denied", "loop"]);
  # A Directory for another user, which needs `admin`, or one's own with fewer rights.
  setQuota @13 (user :UInt64, maxBytes :UInt64 $Wl.range("0..281474976710656"), maxFiles :UInt32, request :UInt64) -> () $Wl.once $Wl.errors(["limit", "denied"]);
  # What the user may have; 0: the usual. Needs `admin`.
  account @14 (user :UInt64) -> (bytes :UInt64, maxBytes :UInt64, files :UInt32, maxFiles :UInt32, soft :Bool) $Wl.errors(["denied"]);
  # What the user has; another than one's own needs `admin`. `soft`: four fifths are in use. Maximum 0: none.
  storage @15 () -> (why :Text $Wl.max(80), blocks :UInt64, freeBlocks :UInt64, chunks :UInt64, bytes :UInt64, memory :UInt32, dirty :UInt32,
                     fetched :UInt64, stored :UInt64, sweeps :UInt32) $Wl.volatile;
  # Where contents are. `why`: they are in memory and in the log only, and why; empty: on the disk for contents,
  # which holds so many chunks. Blocks are of 4 KiB: in memory, of those not yet on the disk, and moved since the
  # server started.
  flush @16 () -> () $Wl.errors(["away"]);
  # All that was written is on the disk for contents when this is answered. (It outlives the power anyway.)
  namespace @17 (request :UInt64) -> (directory :Directory) $Wl.once $Wl.errors(["limit"]);
  # The same Directory with a view of its own: what is bound there is seen through it, and through what is
  # derived from it, and nowhere else. At first it has what this one's view has.
  bind @18 (source :Text $Wl.max(1024), target :Text $Wl.max(1024), before :Bool, request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "limit", "denied", "loop", "readOnly"]);
  # Directory `source` stands at `target`, too. `before`: not in its place, but before what is there; names of the one that was bound last
  # hide those of the others, and what is made is made in `target` itself. Only in a view of one's own.
  unbind @19 (target :Text $Wl.max(1024), request :UInt64) -> () $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "denied", "loop", "readOnly"]);
  # All that is bound there, or a server that is mounted.
  mount @20 (path :Text $Wl.max(1024), request :UInt64) -> (provider :Provider)
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "limit", "denied", "loop", "readOnly"]);
  # What is below that directory is answered by who holds `provider`, to all. The directory's owner may, and who has
  # `admin`. When the provider is gone, `gone` is the answer until somebody else mounts, or unbinds.
  watch @21 (path :Text $Wl.max(1024), request :UInt64) -> (watch :Watch)
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "limit", "denied", "loop", "readOnly"]);
  # Of one who may read it.
  copy @22 (source :Text $Wl.max(1024), target :Text $Wl.max(1024), keep :Bool, changed :Bool, request :UInt64) -> (seq :UInt64)
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "noSpace", "readOnly", "limit", "denied", "loop", "quota", "gone", "frozen"]);
  # A file, or a directory with all that is in it, as one change and without moving contents: the copy shares the
  # chunks, and is the asker's. `keep`: of a directory a copy that is frozen, with owners and modes as they are; the
  # boot image and what is kept already are left out. Nothing in it changes any more; `remove` with `whole` drops it.
  # `changed`: what a fork has as a layer has it is left out. `seq`: the record of the file server's stream
  # before which the copy was made. `readOnly`: some of it is the boot image's.
  fork @23 (source :Text $Wl.max(1024), target :Text $Wl.max(1024), layer :Bool, request :UInt64) -> (directory :Directory)
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "noSpace", "readOnly", "limit", "denied", "loop", "quota", "frozen", "notFrozen"]);
  # The same Directory with a view of its own, in which a copy of directory `source` stands at `target`: nobody else
  # sees what is changed in it. It goes with the last capability to the view. `layer`: of what is frozen, and the
  # lowest of layers; what is changed is the only writable one above them. Else it can be committed.
  overlay @24 (source :Text $Wl.max(1024), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "noSpace", "denied", "loop", "quota", "readOnly", "notFrozen", "conflict", "notFork"]);
  # The next layer of this view's fork: directories merge, of the rest what comes later wins, nothing is deleted.
  # `notFrozen`: a layer is a tree that is kept. `conflict`: something was changed above the layers already. `notFork`: this view
  # is none that `fork` made, or not of layers.
  commit @25 (request :UInt64) -> () $Wl.once $Wl.errors(["denied", "busy", "limit", "quota", "conflict", "notFork"]);
  # What this view's fork has comes in place of what it is a copy of, all at once. `conflict`: that has changed
  # since, or is gone; then nothing is done. `busy`: something is bound or mounted in it.
  kept @26 (after :UInt32) -> (next :UInt32, path :Text $Wl.max(1024), source :Text $Wl.max(1024), seq :UInt64, files :UInt32,
                               bytes :UInt64, owner :UInt64);
  # A tree that is kept, of those that this Directory reaches, behind number `after`: where it stands, of what it is a copy, and as of
  # which record of the stream. `next`: its number, or 0: there are no more.
  area @27 (pages :UInt32 $Wl.range("1..16")) -> (memory :Capability) $Wl.volatile $Wl.errors(["limit", "noSpace", "denied"]);
  # A Memory of so many pages, for `get` and `put` of the files that are opened through this Directory from now
  # on. Asked again, the same one; it goes with the Directory. Whoever has the Directory can have it: so only one
  # that was derived has one (`denied`). `limit`: there are too many, or it has another size.
  override @28 (path :Text $Wl.max(1024), data :Data $Wl.max(3000), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "noSpace", "readOnly", "limit", "denied", "loop", "quota"]);
  # Only in a view of one's own: a file that comes first at `path`, whatever is there, and that only its owner reads. What
  # is in it is in the file server's memory and nowhere else: in no log, on no disk, in no copy. It goes with the view
  # or `unbind` of the directory; with the file server, too: then `read` answers `gone`. `denied`: the view is all's.
  identify @29 (path :Text $Wl.max(1024)) -> (id :Id)
      $Wl.errors(["notFound", "notDirectory", "badPath", "readOnly", "denied", "loop", "busy", "away"]);
  # What is there, by its contents: of a file the bytes, of a directory names, kinds, modes and contents of all that is
  # below it. Waits until that is on the disk for contents: `away` without one. `readOnly`: some of it is the boot
  # image's, another server's, or an override, which are in no store. `busy`: it changes again and again.
  reach @30 (id :Id) -> (path :Text $Wl.max(1024)) $Wl.errors(["notFound"]);
  # Where in this Directory something stands that has this id and that its user may read: a file, or a tree that is kept,
  # of which all is on the disk for contents.
  # Who cannot reach it by a path learns nothing: `notFound` is the answer also where others have it.
}

interface Watch @0xd41c7a4f0a6b5e93 {
  arm @0 (notification :Capability) -> (changes :UInt64) $Wl.volatile;
  # Signalled at each change: of contents, size, mode or owner of a file, of the names in a directory. One: the last.
  changes @1 () -> (changes :UInt64, armed :Bool) $Wl.volatile;
  # Counted since the file server started. Not `armed`: it was started again, and what happened before may be missed.
}

interface Provider @0xf0b93a5d17c2e684 {
  enum Error { busy @0; noRequest @1; }
  enum What { read @0; stat @1; list @2; }
  enum Why { notFound @0; notDirectory @1; isDirectory @2; denied @3; }

  next @0 () -> (id :UInt32, what :What, path :Text $Wl.max(1024), after :Text $Wl.max(255), offset :UInt64, count :UInt32)
      $Wl.volatile $Wl.errors(["busy"]);
  # Answers when somebody asks: for `count` bytes from `offset` on, for what stands at `path`, or for names after
  # `after` in it. An empty path is the mount itself. One waits at a time.
  data @1 (id :UInt32, data :Data $Wl.max(3072)) -> () $Wl.volatile $Wl.errors(["noRequest"]);
  # Answers a `read`. `noRequest`, as for the others: not asked, or given up meanwhile, after two seconds.
  stat @2 (id :UInt32, stat :Stat) -> () $Wl.volatile $Wl.errors(["noRequest"]);
  list @3 (id :UInt32, entries :List(Entry) $Wl.max(11), more :Bool) -> () $Wl.volatile $Wl.errors(["noRequest"]);
  fail @4 (id :UInt32, why :Why) -> () $Wl.volatile $Wl.errors(["noRequest"]);
}

interface File @0x90960dd976bca09a {
  enum Error { notFound @0; exists @1; notDirectory @2; isDirectory @3; notEmpty @4; badPath @5; noSpace @6; readOnly @7; limit @8; badOffset @9;
               denied @10; loop @11; quota @12; notLink @13; busy @14; silent @15; gone @16; damaged @17; away @18;
               frozen @19; notFrozen @20; conflict @21; notFork @22; otherTree @23; noArea @24; }

  read @0 (offset :UInt64, count :UInt32 $Wl.range("0..3072")) -> (data :Data $Wl.max(3072))
      $Wl.errors(["notFound", "isDirectory", "denied", "busy", "silent", "gone", "damaged", "away"]);
  # Fewer bytes only at the end of the file. Of a file that another server answers, those up to `gone`. `damaged`: what the disk has is not what was written. `away`: they are
  # on a disk that is not there, or fails. `busy`: there is no memory to read them into just now.
  write @1 (offset :UInt64, data :Data $Wl.max(3072)) -> (soft :Bool) $Wl.errors(["noSpace", "readOnly", "badOffset", "quota"]);
  # All or nothing. A gap reads as zeros. `soft`: four fifths of what the owner may have were in use.
  truncate @2 (size :UInt64) -> () $Wl.errors(["noSpace", "readOnly", "badOffset", "quota"]);
  stat @3 () -> (stat :Stat) $Wl.errors(["notFound", "denied", "busy", "silent", "gone"]);
  verify @4 (offset :UInt64) -> (next :UInt64, bad :Bool, at :UInt64, checked :UInt64) $Wl.errors(["away"]);
  # Reads contents from the disk, from there on, and checks them: up to `next`, which is the size at the end, or to
  # the first block, at `at`, that is damaged. `checked`: bytes that came from the disk.
  digest @5 () -> (stored :UInt64, depth :UInt8, root :Data $Wl.max(32));
  # The hash by which the first `stored` bytes are on the disk: of one block that of its bytes without the zeros at
  # the end (BLAKE2b-256), of more that of a tree (libsys/chunks). `stored` 0: nothing is.
  get @6 (offset :UInt64, at :UInt32, count :UInt32 $Wl.range("0..65536")) -> (count :UInt32)
      $Wl.errors(["notFound", "isDirectory", "denied", "busy", "damaged", "away", "noArea"]);
  # As `read`, into the area from byte `at` on. Fewer bytes also where those that follow are to be fetched first; 0
  # only at the end. `noArea`: the Directory has none, no longer (the file server was started anew), or the file is
  # another server's: then there is `read`.
  put @7 (offset :UInt64, at :UInt32, count :UInt32 $Wl.range("0..65536")) -> (count :UInt32, soft :Bool)
      $Wl.errors(["noSpace", "readOnly", "badOffset", "quota", "busy", "noArea"]);
  # As `write`, of bytes of the area. Fewer where those that follow cannot be written now, or go another way: whole
  # blocks of 4 KiB, from four on, go to the disk for contents and only their name to the log, which costs half as
  # much. The next `put` goes on, or says why not. `busy`: much is being stored; `write` waits for it.
}
