namespace McpActors.Cli.Prompt;

/// <summary>What a key means to the line editor.</summary>
internal enum KeyAction
{
    /// <summary>A key without a meaning here.</summary>
    None,
    Insert,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Backspace,
    Delete,
    DeleteWordBack,
    DeleteToStart,
    DeleteToEnd,
    Older,
    Newer,
    Submit,
    Complete,

    /// <summary>Ctrl-D: delete, or on an empty line the end of input.</summary>
    DeleteOrEnd,

    /// <summary>Ctrl-C: forget the line.</summary>
    Abandon,

    /// <summary>Ctrl-L.</summary>
    ClearScreen,
}

/// <summary>A key as the line editor takes it.</summary>
/// <param name="Action">What it means.</param>
/// <param name="Char">The character of <see cref="KeyAction.Insert"/>; a UTF-16 unit, as consoles deliver them.</param>
internal readonly record struct EditorKey(KeyAction Action, char Char = '\0')
{
    /// <summary>The meaning of a console key: arrows and the Emacs keys that every shell has.</summary>
    public static EditorKey From(ConsoleKeyInfo key)
    {
        var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        var alt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        var action = key.Key switch
        {
            ConsoleKey.Enter => KeyAction.Submit,
            ConsoleKey.Tab => KeyAction.Complete,
            ConsoleKey.Backspace => control || alt ? KeyAction.DeleteWordBack : KeyAction.Backspace,
            ConsoleKey.Delete => KeyAction.Delete,
            ConsoleKey.Home => KeyAction.Home,
            ConsoleKey.End => KeyAction.End,
            ConsoleKey.UpArrow => KeyAction.Older,
            ConsoleKey.DownArrow => KeyAction.Newer,
            ConsoleKey.LeftArrow => control || alt ? KeyAction.WordLeft : KeyAction.Left,
            ConsoleKey.RightArrow => control || alt ? KeyAction.WordRight : KeyAction.Right,
            _ when control && !alt => Control(key.Key),
            _ when alt && !control => Alt(key.Key),
            _ => KeyAction.None,
        };
        // AltGr reports Control and Alt together and types a character.
        return action == KeyAction.None && control == alt && !char.IsControl(key.KeyChar)
            ? new EditorKey(KeyAction.Insert, key.KeyChar)
            : new EditorKey(action);
    }

    private static KeyAction Control(ConsoleKey key) => key switch
    {
        ConsoleKey.A => KeyAction.Home,
        ConsoleKey.B => KeyAction.Left,
        ConsoleKey.C => KeyAction.Abandon,
        ConsoleKey.D => KeyAction.DeleteOrEnd,
        ConsoleKey.E => KeyAction.End,
        ConsoleKey.F => KeyAction.Right,
        ConsoleKey.H => KeyAction.Backspace,
        ConsoleKey.I => KeyAction.Complete,
        ConsoleKey.J or ConsoleKey.M => KeyAction.Submit,
        ConsoleKey.K => KeyAction.DeleteToEnd,
        ConsoleKey.L => KeyAction.ClearScreen,
        ConsoleKey.N => KeyAction.Newer,
        ConsoleKey.P => KeyAction.Older,
        ConsoleKey.U => KeyAction.DeleteToStart,
        ConsoleKey.W => KeyAction.DeleteWordBack,
        _ => KeyAction.None,
    };

    private static KeyAction Alt(ConsoleKey key) => key switch
    {
        ConsoleKey.B => KeyAction.WordLeft,
        ConsoleKey.F => KeyAction.WordRight,
        _ => KeyAction.None,
    };
}
