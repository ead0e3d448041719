namespace McpActors.Actors.Servers;

/// <summary>Tells everybody on a node that it is leaving: from then on nothing is started any more.</summary>
public sealed class NodeLife
{
    private volatile bool _stopping;

    /// <summary>True from the first moment of the shutdown.</summary>
    public bool Stopping => _stopping;

    /// <summary>The shutdown has begun.</summary>
    public void BeginStop() => _stopping = true;
}
