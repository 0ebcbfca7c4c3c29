require "tests.fuzz.target" "journal"
