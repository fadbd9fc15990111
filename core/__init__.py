"""The shared words of Streetwork: ids, messages, events, ports and errors. Pure, and imported by everything."""
