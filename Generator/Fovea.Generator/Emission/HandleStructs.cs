using Fovea.Generator.Graph;
using Fovea.Generator.Planning;

namespace Fovea.Generator.Emission;

/// <summary>A field of a struct of handles.</summary>
internal sealed record HandleField(string Name, string Type);

/// <summary>The struct type that blocks of one kind share.</summary>
internal sealed class HandleStruct(string name)
{
    public string Name { get; } = name;

    public List<HandleField> Fields { get; } = [];

    public bool Has(string field) => Fields.Exists(f => f.Name == field);
}

/// <summary>The handles of one block: what each field of its struct stands for.</summary>
internal sealed class BlockHandles(Block block, HandleStruct type)
{
    public Block Block { get; } = block;

    public HandleStruct Struct { get; } = type;

    /// <summary>The property of the plan that holds them: Layer1_0.</summary>
    public string Name { get; } = Names.Pascal(block.Name);

    public Dictionary<string, Value> ValueOf { get; } = [];

    public Dictionary<Value, string> FieldOf { get; } = [];
}

/// <summary>
/// The typed handles of one plan: for each block kind a struct with a field for each value that the lines of such a block name.
/// Activations and gradients are two families.
/// </summary>
internal sealed class HandleStructs
{
    private readonly Dictionary<Block, BlockHandles> handlesOf = [];
    private readonly Dictionary<string, HandleStruct> structOf = [];
    private readonly string suffix;

    private HandleStructs(string suffix) => this.suffix = suffix;

    /// <summary>In the order of the graph's blocks.</summary>
    public List<BlockHandles> Blocks { get; } = [];

    public List<HandleStruct> Structs { get; } = [];

    public static HandleStructs OfActivations(ModelGraph graph, MemoryPlan plan, CancellationToken cancellation)
    {
        var structs = new HandleStructs("Block");
        structs.Collect(graph, plan, value => !value.Kind.IsGradient, cancellation);
        return structs;
    }

    /// <param name="like">The activations, whose order of fields gradients follow.</param>
    public static HandleStructs OfGradients(
        ModelGraph graph, MemoryPlan plan, HandleStructs like, CancellationToken cancellation)
    {
        var structs = new HandleStructs("Gradients");
        structs.Collect(graph, plan, value => value.Kind.IsGradient, cancellation);
        foreach (var handles in structs.Blocks.Where(handles => like.Of(handles.Block) != null))
        {
            cancellation.ThrowIfCancellationRequested();
            var order = like.Of(handles.Block)!.Struct.Fields;
            var sorted = handles.Struct.Fields.OrderBy(field => Rank(order, field)).ToList();
            handles.Struct.Fields.Clear();
            handles.Struct.Fields.AddRange(sorted);
        }

        return structs;
    }

    public BlockHandles? Of(Block block) => handlesOf.TryGetValue(block, out var handles) ? handles : null;

    private static int Rank(List<HandleField> order, HandleField field)
    {
        var index = order.FindIndex(other => other.Name == field.Name);
        return index < 0 ? int.MaxValue : index;
    }

    private static IEnumerable<Value> ValuesOf(Node node) => node.Op.Arguments(node).SelectMany(operand => operand switch
    {
        Operand.Handle handle => [handle.Value],
        _ => Enumerable.Empty<Value>(),
    });

    private void Collect(ModelGraph graph, MemoryPlan plan, Func<Value, bool> belongs, CancellationToken cancellation)
    {
        var nodes = graph.Forward.Concat(graph.Loss).Concat(graph.Backward).ToLookup(node => node.Block);
        foreach (var block in graph.Blocks)
        {
            cancellation.ThrowIfCancellationRequested();
            var values = nodes[block].SelectMany(ValuesOf).Where(belongs).Distinct().ToList();
            if (values.Count > 0)
            {
                Add(block, values, plan);
            }
        }
    }

    private void Add(Block block, List<Value> values, MemoryPlan plan)
    {
        if (!structOf.TryGetValue(block.Kind, out var type))
        {
            // BasicBlock is a block by its name.
            type = new HandleStruct(block.Kind.EndsWith(suffix, StringComparison.Ordinal) ? block.Kind : block.Kind + suffix);
            structOf.Add(block.Kind, type);
            Structs.Add(type);
        }

        var handles = new BlockHandles(block, type);
        handlesOf.Add(block, handles);
        Blocks.Add(handles);
        foreach (var value in values)
        {
            var field = FieldFor(handles, value, plan);
            handles.FieldOf.Add(value, field);
            if (!type.Has(field))
            {
                type.Fields.Add(new(field, value.Kind.HandleType(value)));
            }
        }
    }

    /// <summary>A value's role; values of one role that lie at one place are one field, others of the same role are numbered.</summary>
    private static string FieldFor(BlockHandles handles, Value value, MemoryPlan plan)
    {
        var role = handles.Block.RoleOf(value);
        for (var ordinal = 1; ; ordinal++)
        {
            var field = ordinal == 1 ? role : role + Literal.Of(ordinal);
            if (!handles.ValueOf.TryGetValue(field, out var other))
            {
                handles.ValueOf.Add(field, value);
                return field;
            }

            if (plan.SlotOf(value) is { } slot && slot == plan.SlotOf(other) && value.Shape == other.Shape && value.View?.Level == other.View?.Level)
            {
                return field;
            }
        }
    }
}
