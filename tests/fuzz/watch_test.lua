require "tests.fuzz.target" "watch"
