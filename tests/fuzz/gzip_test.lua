require "tests.fuzz.target" "gzip"
