"""What all orders have in common. Pure."""

import msgspec


class Order(msgspec.Struct, frozen=True):
    """Something that is to be done. Each kind bears a tag of its own, the name under which it travels.

    ``call`` is a CallId wherever an order has one, ``agent`` the number of the agent whose phone or place in the queues
    it is about, ``by`` who asks: an agent's number, or the name of an account.
    """
