using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>Who reads a value: computed once at the start of a pass.</summary>
internal sealed class Uses
{
    private static readonly List<Node> None = [];
    private readonly Dictionary<Value, List<Node>> readers = [];

    public Uses(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var input in node.Inputs)
            {
                if (!readers.TryGetValue(input, out var list))
                {
                    readers.Add(input, list = []);
                }

                list.Add(node);
            }
        }
    }

    public List<Node> Of(Value value) => readers.TryGetValue(value, out var list) ? list : None;

    /// <summary>Whether the value has this one reader and nobody may observe it, so that it can be fused away.</summary>
    public bool IsOnlyFor(Value value, Node reader) => !value.IsTapped && Of(value) is { Count: 1 } list && list[0] == reader;
}
