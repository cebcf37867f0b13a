"""The form of Anthropic's Messages API, from both sides."""

from ai_dashboard.dialects.anthropic.decode import decoder
from ai_dashboard.dialects.anthropic.encode import PING, encoder
from ai_dashboard.dialects.anthropic.errors import error_body, error_frame, status
from ai_dashboard.dialects.anthropic.read import read
from ai_dashboard.dialects.anthropic.tap import tap
from ai_dashboard.dialects.anthropic.write import write
from ai_dashboard.dialects.forms import CallerForm, ProviderForm

CALLERS = (
    CallerForm(
        form="anthropic.messages",
        stream_type="text/event-stream",
        read=read,
        encoder=encoder,
        tap=tap,
        error_body=error_body,
        error_frame=error_frame,
        keep_alive=PING,
        status=status,
    ),
)

PROVIDERS = (ProviderForm("anthropic.messages", "text/event-stream", write, decoder),)
