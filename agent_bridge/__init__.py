"""Faces the agents: brings what `telephony.live` knows to their desktops, and their commands to `control`.

It holds the pure wire messages (`wire`), fan-out and resume (`hub`), one desktop's session (`session`),
the WebSocket gateway (`gateway`) and a client. It never speaks to the PBX itself.
"""
