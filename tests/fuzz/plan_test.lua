require "tests.fuzz.target" "plan"
