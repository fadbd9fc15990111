"""From the bot to a human and back: cases and the queue (pure), and the desk, the counsellors' web page."""
