"""Faces the agents: what `telephony.live` knows goes to their desktops, their commands to `telephony.control`.

It will hold the pure wire messages (`wire`), fan-out and resume (`hub`), one desktop's session (`session`),
the WebSocket gateway (`gateway`) and a client. It never speaks to the PBX itself.
"""
