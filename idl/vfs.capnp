@0xdbd1b7b795968e5c;
# vfs.capnp - files. A Directory is a root: nothing above it can be named through it.
#
# Paths are absolute within their Directory: "/", or "/a/b"; no ".", "..", "//", NUL, trailing "/";
# 255 bytes a name, 1024 a path.
using Wl = import "wl.capnp";

struct Stat {
  kind @0 :Kind;
  size @1 :UInt64;
  inode @2 :UInt64;
  created @3 :UInt64;  # ticks
  modified @4 :UInt64;
  readOnly @5 :Bool;   # part of the boot image
  enum Kind { file @0; directory @1; }
}

struct Entry {
  kind @0 :Stat.Kind;
  size @1 :UInt64;
  name @2 :Text $Wl.max(255);
}

interface Directory @0xabd08b37fb8e602e {
  enum Error { notFound @0; exists @1; notDirectory @2; isDirectory @3; notEmpty @4; badPath @5; noSpace @6; readOnly @7; limit @8; badOffset @9; }
  # The same errors as File's, with the same numbers.

  open @0 (path :Text $Wl.max(1024), create :Bool, exclusive :Bool, truncate :Bool, write :Bool, request :UInt64) -> (file :File)
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "isDirectory", "badPath", "noSpace", "readOnly", "limit"]);
  stat @1 (path :Text $Wl.max(1024)) -> (stat :Stat) $Wl.errors(["notFound", "notDirectory", "badPath"]);
  list @2 (path :Text $Wl.max(1024), after :Text $Wl.max(255)) -> (entries :List(Entry) $Wl.max(12), more :Bool)
      $Wl.errors(["notFound", "notDirectory", "badPath"]);
  # Entries whose name sorts after `after`, in byte order.
  mkdir @3 (path :Text $Wl.max(1024), request :UInt64) -> () $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "badPath", "noSpace", "readOnly"]);
  remove @4 (path :Text $Wl.max(1024), request :UInt64) -> () $Wl.once $Wl.errors(["notFound", "notDirectory", "notEmpty", "badPath", "readOnly"]);
  # A file, or an empty directory. An open file lives on until its last capability is gone.
  rename @5 (source :Text $Wl.max(1024), target :Text $Wl.max(1024), request :UInt64) -> ()
      $Wl.once $Wl.errors(["notFound", "exists", "notDirectory", "isDirectory", "notEmpty", "badPath", "noSpace", "readOnly"]);
  # Replaces an existing file `target`; a directory never goes below itself.
  subdirectory @6 (path :Text $Wl.max(1024), request :UInt64) -> (directory :Directory) $Wl.once $Wl.errors(["notFound", "notDirectory", "badPath", "limit"]);
  usage @7 () -> (bytes :UInt64, maxBytes :UInt64, files :UInt32, opened :UInt32);
}

interface File @0x90960dd976bca09a {
  enum Error { notFound @0; exists @1; notDirectory @2; isDirectory @3; notEmpty @4; badPath @5; noSpace @6; readOnly @7; limit @8; badOffset @9; }

  read @0 (offset :UInt64, count :UInt32 $Wl.range("0..3072")) -> (data :Data $Wl.max(3072));
  # Fewer bytes only at the end of the file.
  write @1 (offset :UInt64, data :Data $Wl.max(3072)) -> () $Wl.errors(["noSpace", "readOnly", "badOffset"]);
  # All or nothing. A gap reads as zeros.
  truncate @2 (size :UInt64) -> () $Wl.errors(["noSpace", "readOnly", "badOffset"]);
  stat @3 () -> (stat :Stat);
}
