require "tests.fuzz.target" "json"
