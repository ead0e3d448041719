namespace McpActors.Cli.Output;

/// <summary>Colours of the health states: the eight basic ones, which every terminal theme makes legible.</summary>
internal static class StateColours
{
    private const string Green = "\u001b[32m";
    private const string Yellow = "\u001b[33m";
    private const string Red = "\u001b[31m";
    private const string Faint = "\u001b[2m";
    private const string Reset = "\u001b[0m";

    /// <summary>The state in its colour; a state that is not known stays as it is.</summary>
    public static string Paint(string state) => state switch
    {
        "healthy" => Green + state + Reset,
        "starting" or "degraded" or "auth_needed" or "held" => Yellow + state + Reset,
        "wedged" or "unreachable" or "crash_looping" => Red + state + Reset,
        "stopped" or "unknown" => Faint + state + Reset,
        _ => state,
    };
}
