"""All that site.toml says, as one frozen struct."""

from msgspec import field

from telephony.site.calendar import Days
from telephony.site.conference import Conference
from telephony.site.desk import Desk
from telephony.site.dispatch import Dispatch
from telephony.site.duty import Duty
from telephony.site.emergency import Emergency
from telephony.site.gateway import Gateway
from telephony.site.http import Http
from telephony.site.limits import Limits
from telephony.site.notice import Notice
from telephony.site.numbers import Numbers
from telephony.site.opening import Closure, Opening
from telephony.site.outgoing import Outgoing
from telephony.site.pbx import Pbx
from telephony.site.phones import FeatureCodes, SignIn
from telephony.site.provisioning import Phones
from telephony.site.queues import Baseline, Queue
from telephony.site.rating import Rating
from telephony.site.rooms import Rooms
from telephony.site.routes import Route
from telephony.site.silence import Silence
from telephony.site.sip import STANDARD_PROFILE, PhoneProfile, Sip, Trunk
from telephony.site.speech import Prompts, Recording
from telephony.site.sticky import Sticky
from telephony.site.store import Store
from telephony.site.table import Table
from telephony.site.topics import Remarks, Topic
from telephony.texts import Folder, Language, Number, Title, Word


class Site(Table, frozen=True, kw_only=True):
    """All that site.toml says."""

    name: Title
    hotline: tuple[Number, ...]
    time_zone: str = "Asia/Shanghai"
    language: Language = "zh"
    var: Folder = "var"  # relative to the folder of site.toml
    pbx: Pbx = Pbx()
    sip: Sip = Sip()
    numbers: Numbers = Numbers()
    trunks: tuple[Trunk, ...] = field(name="trunk", default=())
    phone_profiles: tuple[PhoneProfile, ...] = field(name="phone_profile", default=())
    queues: tuple[Queue, ...] = field(name="queue")
    routes: tuple[Route, ...] = field(name="route", default=())
    outgoing: Outgoing = Outgoing()
    emergency: Emergency = Emergency()
    dispatch: Dispatch = Dispatch()
    duty: Duty = Duty()
    recording: Recording = Recording()
    notice: Notice = Notice()
    rating: Rating = Rating()
    sticky: Sticky = Sticky()
    limits: Limits = Limits()
    silence: Silence = Silence()
    prompts: Prompts = Prompts()
    opening: Opening | None = None
    openings: dict[Word, Opening] = field(default_factory=dict)  # of routes that are not open as the hotline is
    closure: Closure = Closure()
    agents: SignIn = SignIn()
    desk: Desk = Desk()
    feature_codes: FeatureCodes = FeatureCodes()
    phones: Phones = Phones()
    rooms: Rooms = Rooms()
    conference: Conference = Conference()
    calendar: Days = Days()
    baseline: Baseline | None = None
    topics: tuple[Topic, ...] = field(name="topic", default=())
    remarks: Remarks = Remarks()
    store: Store = Store()
    http: Http = Http()
    gateway: Gateway | None = None

    def queue_named(self, name: str | None) -> Queue:
        """The queue of this name; the first one for None. ``read_site`` has made sure it exists."""
        return self.queues[0] if name is None else {queue.name: queue for queue in self.queues}[name]

    def profile_named(self, name: str) -> PhoneProfile:
        """The phone profile of this name (``Agent.profile``); the first, or the built-in one, for an empty name.

        Raises ``KeyError`` where there is none of the name.
        """
        known = self.phone_profiles or (STANDARD_PROFILE,)
        return {profile.name: profile for profile in known}[name or known[0].name]

    def profile_names(self) -> frozenset[str]:
        """What an agent's profile may be called."""
        return frozenset(profile.name for profile in self.phone_profiles or (STANDARD_PROFILE,))

    def numbers_of(self, trunk: Trunk) -> tuple[str, ...]:
        """The dialled numbers that mean the hotline on this trunk."""
        return trunk.numbers or self.hotline
