"""Where what is heard goes: lines, tables, clips, a broker, a web hook, a display."""
