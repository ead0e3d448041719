using System.Globalization;

namespace McpActors.FaultServer;

/// <summary>What the server is told to do wrong. All of it combines.</summary>
internal sealed class Options
{
    public const string HelpText = """
        McpActors.FaultServer: a minimal MCP server over standard input and output that misbehaves on request.

          --help                     this text
          --self-check               prints a line and exits 0

        What it is
          --era legacy|2026|both     legacy (default): initialize and ping; 2026: server/discover only; both: either
          --tools N                  declares N tools (default 1: echo)
          --endless-cursor           every page of tools/list names a next page
          --http PORT                Streamable HTTP on 127.0.0.1:PORT/mcp (0: any) instead of standard streams;
                                     prints "listening on URL" on standard error
          --effects FILE             appends "method id" to FILE for every request that it carries out

        Faults of its start and life
          --hang-at-start            never answers and never reads
          --exit-at-once CODE        writes a message on standard error and exits with CODE
          --crash-after SECONDS      exits with status 70 after so long
          --mute-after N             answers N requests, then never again
          --ignore-sigterm           goes on after SIGTERM
          --ignore-eof               goes on after the end of its input
          --leak MB                  takes so many MB of memory more every second

        Faults of its output
          --banner                   prints three lines that are no JSON before the first answer
          --garbage-only             answers every request with a line that is no JSON
          --endless-line             answers the first tools/call with a line that never ends
          --huge-answer BYTES        tools/call answers a text of so many bytes
          --on-ping                  ping, not tools/call, meets --endless-line and --huge-answer
          --slow-drip                writes every answer byte by byte, 10 ms apart
          --delay-ms N               waits before every answer
          --stderr-lines N           writes N lines on standard error at the start
          --echo-env NAME            writes the value of a variable on standard error

        Faults of its protocol
          --error-on-ping            answers ping with an error
          --silent-on-unknown        never answers an unknown method (others answer -32601)
          --refuse-initialize-after-discover
                                     answers initialize with -32022 once server/discover was seen

        Faults of its family
          --grandchild               starts a child that sleeps and holds the standard streams
          --grandchild-own-session   the same, in a session of its own
          --grandchild-ignores-sigterm
                                     the same as --grandchild, and it ignores SIGTERM
          --zombie-child             starts a child that ends and is never collected
                                     (each prints "grandchild PID" on standard error)

        Faults of HTTP
          --http-status CODE         answers every request with that status
          --http-html                answers every request with 200 and a web page
          --http-401                 answers 401 with WWW-Authenticate
          --http-hang                accepts requests and never answers
        """;

    public bool Help { get; private set; }

    public bool SelfCheck { get; private set; }

    public string Era { get; private set; } = "legacy";

    public int Tools { get; private set; } = 1;

    public bool EndlessCursor { get; private set; }

    public int? HttpPort { get; private set; }

    public string? EffectsFile { get; private set; }

    public bool HangAtStart { get; private set; }

    public int? ExitAtOnce { get; private set; }

    public double? CrashAfterSeconds { get; private set; }

    public int? MuteAfter { get; private set; }

    public bool IgnoreSigterm { get; private set; }

    public bool IgnoreEof { get; private set; }

    public int LeakMegabytesPerSecond { get; private set; }

    public bool Banner { get; private set; }

    public bool GarbageOnly { get; private set; }

    public bool EndlessLine { get; private set; }

    public int? HugeAnswerBytes { get; private set; }

    public bool OnPing { get; private set; }

    public bool SlowDrip { get; private set; }

    public int DelayMilliseconds { get; private set; }

    public int StderrLines { get; private set; }

    public string? EchoEnv { get; private set; }

    public bool ErrorOnPing { get; private set; }

    public bool SilentOnUnknown { get; private set; }

    public bool RefuseInitializeAfterDiscover { get; private set; }

    public bool Grandchild { get; private set; }

    public bool GrandchildOwnSession { get; private set; }

    public bool GrandchildIgnoresSigterm { get; private set; }

    public bool ZombieChild { get; private set; }

    public int? HttpStatus { get; private set; }

    public bool HttpHtml { get; private set; }

    public bool HttpHang { get; private set; }

    /// <summary>Reads the arguments; an unknown one is a problem, so that a test cannot misspell its fault.</summary>
    public static (Options? Options, string? Problem) Parse(string[] args)
    {
        var o = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            try
            {
                switch (name)
                {
                    case "--help": o.Help = true; break;
                    case "--self-check" or "--selfcheck": o.SelfCheck = true; break;
                    case "--era": o.Era = Value(); break;
                    case "--tools": o.Tools = Number(); break;
                    case "--endless-cursor": o.EndlessCursor = true; break;
                    case "--http": o.HttpPort = Number(); break;
                    case "--effects": o.EffectsFile = Value(); break;
                    case "--hang-at-start": o.HangAtStart = true; break;
                    case "--exit-at-once": o.ExitAtOnce = Number(); break;
                    case "--crash-after": o.CrashAfterSeconds = double.Parse(Value(), CultureInfo.InvariantCulture); break;
                    case "--mute-after": o.MuteAfter = Number(); break;
                    case "--ignore-sigterm": o.IgnoreSigterm = true; break;
                    case "--ignore-eof": o.IgnoreEof = true; break;
                    case "--leak": o.LeakMegabytesPerSecond = Number(); break;
                    case "--banner": o.Banner = true; break;
                    case "--garbage-only": o.GarbageOnly = true; break;
                    case "--endless-line": o.EndlessLine = true; break;
                    case "--huge-answer": o.HugeAnswerBytes = Number(); break;
                    case "--on-ping": o.OnPing = true; break;
                    case "--slow-drip": o.SlowDrip = true; break;
                    case "--delay-ms": o.DelayMilliseconds = Number(); break;
                    case "--stderr-lines": o.StderrLines = Number(); break;
                    case "--echo-env": o.EchoEnv = Value(); break;
                    case "--error-on-ping": o.ErrorOnPing = true; break;
                    case "--silent-on-unknown": o.SilentOnUnknown = true; break;
                    case "--refuse-initialize-after-discover": o.RefuseInitializeAfterDiscover = true; break;
                    case "--grandchild": o.Grandchild = true; break;
                    case "--grandchild-own-session": o.GrandchildOwnSession = true; break;
                    case "--grandchild-ignores-sigterm": o.GrandchildIgnoresSigterm = true; break;
                    case "--zombie-child": o.ZombieChild = true; break;
                    case "--http-status": o.HttpStatus = Number(); break;
                    case "--http-html": o.HttpHtml = true; break;
                    case "--http-401": o.HttpStatus = 401; break;
                    case "--http-hang": o.HttpHang = true; break;
                    default: return (null, $"unknown argument {name}; --help lists them");
                }
            }
            catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
            {
                return (null, $"the argument {name} needs a proper value; --help explains");
            }

            string Value() => args[++i];
            int Number() => int.Parse(Value(), CultureInfo.InvariantCulture);
        }

        return o.Era is "legacy" or "2026" or "both" ? (o, null) : (null, "--era takes legacy, 2026 or both");
    }
}
