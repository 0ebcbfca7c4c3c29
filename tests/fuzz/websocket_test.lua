require "tests.fuzz.target" "websocket"
