namespace McpActors.Core.Servers;

/// <summary>Finds circles among servers that depend on each other.</summary>
public static class DependencyCycles
{
    /// <summary>
    /// Circles whose removal leaves none: each as the servers on it in order of dependence, the first one not repeated.
    /// A server that depends on itself is a circle of one. Dependencies on servers outside the map are passed over.
    /// Deterministic in the order of the map.
    /// </summary>
    /// <param name="dependencies">Every server with what it needs, in order.</param>
    /// <param name="most">No more circles than this are looked for; from 1.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Find(
        IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> dependencies, int most)
    {
        var needs = dependencies.ToDictionary(
            pair => pair.Key, pair => pair.Value.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var set in needs.Values)
        {
            set.RemoveWhere(name => !needs.ContainsKey(name));
        }

        var order = dependencies.Select(pair => pair.Key).ToList();
        var circles = new List<IReadOnlyList<string>>();
        while (circles.Count < most)
        {
            // Whoever needs nobody that is left is on no circle; what stays, stays because every one needs another.
            RemoveFree(order, needs);
            if (order.Count == 0)
            {
                break;
            }

            var circle = Walk(order[0], needs);
            circles.Add(circle);
            for (var i = 0; i < circle.Count; i++)
            {
                needs[circle[i]].Remove(circle[(i + 1) % circle.Count]);
            }
        }

        return circles;
    }

    private static void RemoveFree(List<string> order, Dictionary<string, HashSet<string>> needs)
    {
        var neededBy = order.SelectMany(name => needs[name].Select(need => (need, name))).ToLookup(pair => pair.need, pair => pair.name);
        var free = new Queue<string>(order.Where(name => needs[name].Count == 0));
        var gone = new HashSet<string>(StringComparer.Ordinal);
        while (free.TryDequeue(out var name))
        {
            gone.Add(name);
            foreach (var other in neededBy[name])
            {
                if (needs[other].Remove(name) && needs[other].Count == 0)
                {
                    free.Enqueue(other);
                }
            }
        }

        order.RemoveAll(gone.Contains);
    }

    private static List<string> Walk(string start, Dictionary<string, HashSet<string>> needs)
    {
        var path = new List<string>();
        var at = new Dictionary<string, int>(StringComparer.Ordinal);
        var name = start;
        while (at.TryAdd(name, path.Count))
        {
            path.Add(name);
            name = needs[name].Min(StringComparer.Ordinal)!;
        }

        var circle = path[at[name]..];

        // Told from its first name on, so that one circle reads the same however it was entered.
        var first = circle.IndexOf(circle.Min(StringComparer.Ordinal)!);
        return [.. circle[first..], .. circle[..first]];
    }
}
