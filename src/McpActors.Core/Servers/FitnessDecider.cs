using McpActors.Core.Monitoring;

namespace McpActors.Core.Servers;

/// <summary>Decides whether a node may start a server that the fleet wants.</summary>
public static class FitnessDecider
{
    /// <summary>Why it may not, as its health shall say it; null when it may.</summary>
    /// <param name="declared">What the fleet wants.</param>
    /// <param name="local">What this node's own files say, secrets included; null when they do not name it.</param>
    public static HealthInput? Unfit(DeclaredServer declared, ServerDefinition? local)
    {
        if (declared.Disabled)
        {
            return new HealthInput.WantedStopped("The fleet file disables it.");
        }

        if (local is null)
        {
            return new HealthInput.Blocked([Fault(DiagnosticCodes.NotDeclaredHere, $"The files of this node do not declare {declared.Name}.",
                "Give every node the same fleet file.", declared)]);
        }

        // A node must not start another program under the name that the fleet knows.
        if (DeclaredServer.From(local).Digest() != declared.Digest())
        {
            return new HealthInput.Blocked([Fault(DiagnosticCodes.DeclaredOtherwise, $"The files of this node declare {declared.Name} otherwise than the fleet does.",
                "Give every node the same fleet file, then restart this node.", declared)]);
        }

        return local.Faults.Count > 0 ? new HealthInput.Blocked(local.Faults) : null;
    }

    private static Diagnostic Fault(string code, string message, string fix, DeclaredServer declared) =>
        new(code, DiagnosticSeverity.Error, new SourcePosition(declared.File, declared.Line, 1), declared.Name, message, fix);
}
