namespace McpActors.Benchmarks.Measuring;

/// <summary>Measured values of one kind, sorted.</summary>
internal sealed class Samples
{
    private readonly double[] _sorted;

    public Samples(IEnumerable<double> values)
    {
        _sorted = [.. values.Order()];
        if (_sorted.Length == 0)
        {
            throw new InvalidOperationException("Nothing was measured.");
        }
    }

    /// <summary>How many.</summary>
    public int Count => _sorted.Length;

    /// <summary>The middle one.</summary>
    public double Median => Quantile(0.5);

    /// <summary>19 of 20 are not above it (nearest rank).</summary>
    public double P95 => Quantile(0.95);

    /// <summary>The least.</summary>
    public double Min => _sorted[0];

    /// <summary>The greatest.</summary>
    public double Max => _sorted[^1];

    private double Quantile(double q) => _sorted[Math.Max(0, (int)Math.Ceiling(q * _sorted.Length) - 1)];
}
