require "tests.fuzz.target" "yaml"
