namespace Fovea.Generator.Graph;

/// <summary>
/// An operator. Each derived class holds, within one screen, its formula, shape rule, gradient and cost. Instances are immutable and carry
/// the attributes (fused epilogues, rules); geometry of a convolution lies in its <see cref="ConvWeights"/>.
/// </summary>
internal abstract class Op
{
    /// <summary>In listings: conv2d, batch_norm, max_pool.</summary>
    public abstract string Name { get; }

    /// <summary>The member of IBackend that the emitter calls for this node.</summary>
    public abstract string Method(Node node);

    /// <summary>The call's arguments, in order: sources, parameters, destinations.</summary>
    public abstract IEnumerable<Operand> Arguments(Node node);

    /// <summary>
    /// The shape of the node's first output (of no interest where that is no feature map), from its inputs and parameters; the verifier
    /// compares.
    /// </summary>
    public abstract Shape InferShape(Node node);

    /// <summary>
    /// Appends to <paramref name="gradients"/> what turns the gradient of the node's output into gradients of its inputs and parameters.
    /// Called in reverse order of execution, once for each node whose output has a gradient.
    /// </summary>
    public virtual void Gradient(Node node, IGradientBuilder gradients) =>
        throw new InvalidOperationException($"{Name} has no gradient; it must not stand between a trainable parameter and the loss.");

    /// <summary>Parameters whose gradients this node writes, or adds to where <see cref="AddsToParameterGradients"/>.</summary>
    public virtual IEnumerable<Parameter> ParameterGradients(Node node) => [];

    /// <summary>Whether the parameters' gradients are added to what an earlier node has written.</summary>
    public virtual bool AddsToParameterGradients => false;

    /// <summary>Multiply-accumulates for one image on a canvas of the given size.</summary>
    public virtual long Macs(Node node, int height, int width) => 0;

    /// <summary>
    /// Index of the input whose slot output 0 may take over, element by element; −1 for none. More than one: any of them.
    /// </summary>
    public virtual IEnumerable<int> InPlace(Node node) => [];

    /// <summary>What the comment behind the generated line says beside the shape: "3×3", "1×1 Winograd4", a formula.</summary>
    public virtual string Comment(Node node) => "";

    /// <summary>Attributes in listings: "s1 p1 +relu".</summary>
    public virtual string Attributes(Node node) => "";
}

/// <summary>What a gradient rule may do.</summary>
internal interface IGradientBuilder
{
    /// <summary>The complete gradient of the node's output (all later uses have contributed).</summary>
    Value GradientOf(Value value);

    /// <summary>Whether anything upstream of this value is trained: a gradient for it is wanted.</summary>
    bool NeedsGradient(Value value);

    /// <summary>
    /// The gradient that earlier rules have already put on this value and that the next contribution must add to, or null.
    /// </summary>
    Value? Pending(Value value);

    /// <summary>
    /// Appends a backward node that makes the (new) gradient of <paramref name="of"/>, superseding the pending one that the node has read.
    /// </summary>
    Value Append(Op op, Value of, IEnumerable<Value> inputs, IEnumerable<Parameter> parameters);

    /// <summary>Appends a backward node that makes only parameter gradients.</summary>
    void AppendParameterGradient(Op op, IEnumerable<Value> inputs, IEnumerable<Parameter> parameters);

    /// <summary>
    /// Lets <paramref name="gradient"/> itself be a contribution to <paramref name="of"/> (the branch of a sum): no copy where it is the
    /// first.
    /// </summary>
    void Alias(Value of, Value gradient);

    /// <summary>Whether a backward node has already written this parameter's gradient, so that the next must accumulate.</summary>
    bool IsWritten(Parameter parameter);
}
