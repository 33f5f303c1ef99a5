"""The small signs inside tasks, events and gateways, as SVG paths around (0, 0); `solid` ones are filled."""

from __future__ import annotations

TASK_ICONS = {
    "userTask": '<circle cy="-3.2" r="3.1"/><path d="M-6 7V5.4C-6 2.6-3.4 1-0 1s6 1.6 6 4.4V7z"/>',
    "manualTask": '<path d="M-7 2v-4l5-3h3l-2.4 2.6H6.5a1.2 1.2 0 0 1 0 2.4H1.5H7a1.2 1.2 0 0 1 0 2.4H1.5'
    'H6a1.1 1.1 0 0 1 0 2.3H1.5H4.6a1 1 0 0 1 0 2H-3.5z"/>',
    "serviceTask": '<path d="M-1.4-7h2.8l.4 1.9 1.7.7 1.6-1.1 2 2-1.1 1.6.7 1.7 1.9.4v2.8l-1.9.4-.7 1.7 1.1 1.6-2 2'
    "-1.6-1.1-1.7.7-.4 1.9h-2.8l-.4-1.9-1.7-.7-1.6 1.1-2-2 1.1-1.6-.7-1.7L-8.6 3V.2l1.9-.4.7-1.7-1.1-1.6 2-2"
    ' 1.6 1.1 1.7-.7z" transform="translate(0 -.8) scale(.86)"/><circle r="2.3"/>',
    "scriptTask": '<path d="M-4-7h9c-4 4 2 8-2 14h-9c4-6-2-10 2-14zM-3-3.5h5M-2 0h5M-2 3.5h5"/>',
    "sendTask": '<path class="solid" fill="currentColor" d="M-8-5H8V6H-8z"/>'
    '<path class="inverse" stroke="#fff" d="M-8-5 0 1 8-5"/>',
    "receiveTask": '<path d="M-8-5H8V6H-8zL0 1 8-5"/>',
    "businessRuleTask": '<path d="M-8-6H8V6H-8zM-8 0H8M-3-2V6"/>'
    '<path class="solid" fill="currentColor" d="M-8-6H8v4H-8z"/>',
}
EVENT_ICONS = {
    "timer": '<circle r="10"/><path d="M0-6.5V0l4.5 2.5M0-10v2M0 8v2M-10 0h2M8 0h2"/>',
    "message": '<path d="M-9-6H9V6.5H-9zL0 1 9-6"/>',
    "signal": '<path d="M0-9 9 6.5H-9z"/>',
    "error": '<path d="M-8 8-3.2-6.5 2.6 1.6 8-8 3.4 6.5-2.6-1.4z"/>',
    "escalation": '<path d="M0-9.5 7 8 0 1-7 8z"/>',
    "conditional": '<path d="M-7-9H7V9H-7zM-4.5-5.5h9M-4.5-2h9M-4.5 1.5h9M-4.5 5h9"/>',
    "link": '<path d="M-9-4H1v-4.5L10 0 1 8.5V4H-9z"/>',
    "terminate": '<circle class="solid" fill="currentColor" r="10"/>',
    "compensation": '<path d="M-9 0 0-6.5v13zM0 0l9-6.5v13z"/>',
    "cancel": '<path d="m-8-5 3-3 5 5 5-5 3 3-5 5 5 5-3 3-5-5-5 5-3-3 5-5z"/>',
    "multiple": '<path d="M0-9.5 9-3 5.5 7.7h-11L-9-3z"/>',
}
GATEWAY_ICONS = {
    "exclusiveGateway": '<path stroke-width="3" d="M-7-8.5 7 8.5M7-8.5-7 8.5"/>',
    "parallelGateway": '<path stroke-width="3" d="M0-12v24M-12 0h24"/>',
    "inclusiveGateway": '<circle stroke-width="2.6" r="11.5"/>',
    "eventBasedGateway": '<circle r="13.5"/><circle r="10.5"/><path d="M0-6.5 6.3-2 3.9 5.3h-7.8L-6.3-2z"/>',
    "complexGateway": '<path stroke-width="3" d="M0-12v24M-12 0h24M-8.5-8.5l17 17M8.5-8.5l-17 17"/>',
}
LOOP_ICONS = {
    "parallel": '<path stroke-width="2" d="M-4-6V6M0-6V6M4-6V6"/>',
    "sequential": '<path stroke-width="2" d="M-6-4H6M-6 0H6M-6 4H6"/>',
    "standard": '<path d="M2 5.5A5.6 5.6 0 1 0-2.4 5.4M-2.4 5.4H-6M-2.4 5.4V2"/>',
}
CALLED_ICON = '<path d="M-6-6H6V6H-6zM0-3.5v7M-3.5 0h7"/>'
