"""The Responses API as a form: any caller's, and that of providers who take it as it comes."""

from ai_dashboard.dialects.forms import CallerForm, ProviderForm
from ai_dashboard.dialects.openai.errors import error_body
from ai_dashboard.dialects.openai.responses_errors import error_frame
from ai_dashboard.dialects.openai.responses_read import read
from ai_dashboard.dialects.openai.responses_stream import encoder
from ai_dashboard.dialects.openai.responses_tap import tap
from ai_dashboard.dialects.openai.responses_write import no_decoder, write

CALLERS: tuple[CallerForm, ...] = (
    CallerForm("openai.responses", "text/event-stream", read, encoder, tap, error_body, error_frame),
)

PROVIDERS: tuple[ProviderForm, ...] = (ProviderForm("openai.responses", "text/event-stream", write, no_decoder),)
