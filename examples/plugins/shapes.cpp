// A plugin in C++: virtual functions, objects on the heap and a static one.
extern "C" void host_print(const char* text);

namespace {
struct shape {
    virtual ~shape() = default;
    virtual double area() const = 0;
};
struct circle final : shape {
    double radius;
    explicit circle(double r) : radius(r) {}
    double area() const override { return 3.14159265358979 * radius * radius; }
};
struct square final : shape {
    double side;
    explicit square(double s) : side(s) {}
    double area() const override { return side * side; }
};
struct announcer {
    announcer() { host_print("shapes: constructed"); }
    ~announcer() { host_print("shapes: destroyed"); }
} the_announcer;
}  // namespace

extern "C" shape* make_shape(const char* kind, double size) {
    if (kind[0] == 'c') return new circle(size);
    return new square(size);
}
extern "C" double area_of(const shape* s) { return s->area(); }
extern "C" void drop_shape(shape* s) { delete s; }
