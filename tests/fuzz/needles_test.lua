require "tests.fuzz.target" "needles"
