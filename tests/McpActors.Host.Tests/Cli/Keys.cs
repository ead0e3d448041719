using System.Text;
using McpActors.Cli.Prompt;

namespace McpActors.Host.Tests.Cli;

/// <summary>Keys as a test writes them: <c>ab&lt;Left&gt;c&lt;C-d&gt;</c>.</summary>
internal static class Keys
{
    public static IEnumerable<ConsoleKeyInfo> Parse(string script)
    {
        for (var i = 0; i < script.Length; i++)
        {
            if (script[i] != '<')
            {
                // As a terminal driver delivers characters it has no key for.
                yield return new ConsoleKeyInfo(script[i], ConsoleKey.None, false, false, false);
                continue;
            }

            var end = script.IndexOf('>', i);
            yield return Named(script[(i + 1)..end]);
            i = end;
        }
    }

    private static ConsoleKeyInfo Named(string name) => name switch
    {
        ['C', '-', var letter] => new((char)(letter - 'a' + 1), ConsoleKey.A + (letter - 'a'), false, false, control: true),
        ['M', '-', var letter] => new(letter, ConsoleKey.A + (letter - 'a'), false, alt: true, false),
        "C-Left" => new('\0', ConsoleKey.LeftArrow, false, false, control: true),
        "C-Right" => new('\0', ConsoleKey.RightArrow, false, false, control: true),
        "Left" => new('\0', ConsoleKey.LeftArrow, false, false, false),
        "Right" => new('\0', ConsoleKey.RightArrow, false, false, false),
        "Up" => new('\0', ConsoleKey.UpArrow, false, false, false),
        "Down" => new('\0', ConsoleKey.DownArrow, false, false, false),
        "Home" => new('\0', ConsoleKey.Home, false, false, false),
        "End" => new('\0', ConsoleKey.End, false, false, false),
        "BS" => new('\b', ConsoleKey.Backspace, false, false, false),
        "Del" => new('\0', ConsoleKey.Delete, false, false, false),
        "Tab" => new('\t', ConsoleKey.Tab, false, false, false),
        "Enter" => new('\r', ConsoleKey.Enter, false, false, false),
        "Esc" => new('\u001b', ConsoleKey.Escape, false, false, false),
        "F5" => new('\0', ConsoleKey.F5, false, false, false),
        "AltGr-at" => new('@', ConsoleKey.Q, false, alt: true, control: true),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such key."),
    };
}

/// <summary>A terminal whose keys are known beforehand; it keeps what is written.</summary>
internal sealed class ScriptedTerminal(string script, int width = 80) : ILineTerminal
{
    private readonly Queue<ConsoleKeyInfo> _keys = new(Keys.Parse(script));
    private readonly StringBuilder _written = new();

    public int Width => width;

    public string Written => _written.ToString();

    /// <summary>How many times the keys are taken now; 0 while a verb runs.</summary>
    public int Taken { get; private set; }

    public ConsoleKeyInfo? ReadKey()
    {
        return Taken != 1 ? throw new InvalidOperationException("A key was read that belongs to the running verb.")
            : _keys.TryDequeue(out var key) ? key : null;
    }

    public IDisposable TakeKeys()
    {
        Taken++;
        return new Release(this);
    }

    public void Write(string text) => _written.Append(text);

    private sealed class Release(ScriptedTerminal terminal) : IDisposable
    {
        public void Dispose() => terminal.Taken--;
    }
}
