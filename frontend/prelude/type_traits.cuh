// <type_traits>: what can be said in the language is said here; what only a compiler knows of a
// type are the `__ascendify_` constants, which `type_facts.py` computes.
namespace std {

template <typename T, T Value> struct integral_constant {
    static constexpr T value = Value;
    typedef T value_type;
    typedef integral_constant<T, Value> type;
    __device__ constexpr operator T() const { return Value; }
    __device__ constexpr T operator()() const { return Value; }
};
typedef integral_constant<bool, true> true_type;
typedef integral_constant<bool, false> false_type;
template <bool Value> using bool_constant = integral_constant<bool, Value>;

template <typename T> constexpr bool __ascendify_is_class = false;
template <typename T> constexpr bool __ascendify_is_union = false;
template <typename T> constexpr bool __ascendify_is_enum = false;
template <typename T> constexpr bool __ascendify_is_empty = false;
template <typename T> constexpr bool __ascendify_is_function = false;
template <typename T> constexpr bool __ascendify_copies_bytes = false;
template <typename T> constexpr bool __ascendify_is_aggregate = false;
template <typename B, typename D> constexpr bool __ascendify_is_base_of = false;
// 0 bool, 1 char, 2 signed char, 3 unsigned char, 4 short, ... in the order of the table below.
template <typename T> constexpr int __ascendify_underlying = -1;

template <typename... T> struct __ascendify_void { typedef void type; };
template <typename... T> using void_t = typename __ascendify_void<T...>::type;
template <typename T> struct type_identity { typedef T type; };
template <typename T> using type_identity_t = typename type_identity<T>::type;

template <bool Condition, typename A, typename B> struct conditional { typedef A type; };
template <typename A, typename B> struct conditional<false, A, B> { typedef B type; };
template <bool Condition, typename A, typename B>
using conditional_t = typename conditional<Condition, A, B>::type;
template <bool Condition, typename T = void> struct enable_if {};
template <typename T> struct enable_if<true, T> { typedef T type; };
template <bool Condition, typename T = void>
using enable_if_t = typename enable_if<Condition, T>::type;

template <typename... B> struct conjunction : true_type {};
template <typename B> struct conjunction<B> : B {};
template <typename B, typename... R>
struct conjunction<B, R...> : conditional_t<bool(B::value), conjunction<R...>, B> {};
template <typename... B> struct disjunction : false_type {};
template <typename B> struct disjunction<B> : B {};
template <typename B, typename... R>
struct disjunction<B, R...> : conditional_t<bool(B::value), B, disjunction<R...>> {};
template <typename B> struct negation : bool_constant<!bool(B::value)> {};
template <typename... B> constexpr bool conjunction_v = conjunction<B...>::value;
template <typename... B> constexpr bool disjunction_v = disjunction<B...>::value;
template <typename B> constexpr bool negation_v = negation<B>::value;

// ---- one type from another
#define ASC_ALIAS(name) template <typename T> using name##_t = typename name<T>::type;
template <typename T> struct remove_const { typedef T type; };
template <typename T> struct remove_const<const T> { typedef T type; };
template <typename T> struct remove_volatile { typedef T type; };
template <typename T> struct remove_volatile<volatile T> { typedef T type; };
template <typename T> struct remove_cv { typedef typename remove_volatile<typename remove_const<T>::type>::type type; };
template <typename T> struct remove_reference { typedef T type; };
template <typename T> struct remove_reference<T &> { typedef T type; };
template <typename T> struct remove_reference<T &&> { typedef T type; };
template <typename T> struct remove_cvref { typedef typename remove_cv<typename remove_reference<T>::type>::type type; };
template <typename T> struct remove_pointer { typedef T type; };
template <typename T> struct remove_pointer<T *> { typedef T type; };
template <typename T> struct remove_pointer<T *const> { typedef T type; };
template <typename T> struct remove_extent { typedef T type; };
template <typename T> struct remove_extent<T[]> { typedef T type; };
template <typename T, size_t N> struct remove_extent<T[N]> { typedef T type; };
template <typename T> struct remove_all_extents { typedef T type; };
template <typename T, size_t N> struct remove_all_extents<T[N]> { typedef typename remove_all_extents<T>::type type; };
template <typename T> struct add_const { typedef const T type; };
template <typename T> struct add_volatile { typedef volatile T type; };
template <typename T> struct add_cv { typedef const volatile T type; };
template <typename T> struct add_lvalue_reference { typedef T &type; };
template <> struct add_lvalue_reference<void> { typedef void type; };
template <typename T> struct add_rvalue_reference { typedef T &&type; };
template <> struct add_rvalue_reference<void> { typedef void type; };
template <typename T> struct add_pointer { typedef typename remove_reference<T>::type *type; };
ASC_ALIAS(remove_const)
ASC_ALIAS(remove_volatile)
ASC_ALIAS(remove_cv)
ASC_ALIAS(remove_reference)
ASC_ALIAS(remove_cvref)
ASC_ALIAS(remove_pointer)
ASC_ALIAS(remove_extent)
ASC_ALIAS(remove_all_extents)
ASC_ALIAS(add_const)
ASC_ALIAS(add_volatile)
ASC_ALIAS(add_cv)
ASC_ALIAS(add_lvalue_reference)
ASC_ALIAS(add_rvalue_reference)
ASC_ALIAS(add_pointer)

template <typename T> __device__ typename add_rvalue_reference<T>::type declval() noexcept;

// ---- what a type is
#define ASC_VALUE(name) template <typename T> constexpr bool name##_v = name<T>::value;
#define ASC_VALUE2(name) template <typename A, typename B> constexpr bool name##_v = name<A, B>::value;
template <typename A, typename B> struct is_same : false_type {};
template <typename A> struct is_same<A, A> : true_type {};
template <typename T> struct is_void : is_same<remove_cv_t<T>, void> {};
template <typename T> struct is_null_pointer : is_same<remove_cv_t<T>, decltype(nullptr)> {};
template <typename T> struct is_const : false_type {};
template <typename T> struct is_const<const T> : true_type {};
template <typename T> struct is_volatile : false_type {};
template <typename T> struct is_volatile<volatile T> : true_type {};
template <typename T> struct is_lvalue_reference : false_type {};
template <typename T> struct is_lvalue_reference<T &> : true_type {};
template <typename T> struct is_rvalue_reference : false_type {};
template <typename T> struct is_rvalue_reference<T &&> : true_type {};
template <typename T> struct is_reference : bool_constant<is_lvalue_reference<T>::value || is_rvalue_reference<T>::value> {};
template <typename T> struct __ascendify_is_pointer : false_type {};
template <typename T> struct __ascendify_is_pointer<T *> : true_type {};
template <typename T> struct is_pointer : __ascendify_is_pointer<remove_cv_t<T>> {};
template <typename T> struct is_array : false_type {};
template <typename T> struct is_array<T[]> : true_type {};
template <typename T, size_t N> struct is_array<T[N]> : true_type {};
template <typename T> struct __ascendify_is_floating : false_type {};
template <> struct __ascendify_is_floating<float> : true_type {};
template <> struct __ascendify_is_floating<double> : true_type {};
template <> struct __ascendify_is_floating<long double> : true_type {};
template <typename T> struct is_floating_point : __ascendify_is_floating<remove_cv_t<T>> {};

// The integer types, in the order that __ascendify_underlying counts, with their relatives.
template <typename T> struct __ascendify_integer : false_type {};
template <int Number> struct __ascendify_numbered {};
#define ASC_INTEGER(number, T, with_sign, without_sign)                                           \
    template <> struct __ascendify_integer<T> : true_type {                                      \
        typedef with_sign signed_type;                                                           \
        typedef without_sign unsigned_type;                                                      \
    };                                                                                           \
    template <> struct __ascendify_numbered<number> { typedef T type; };
ASC_INTEGER(0, bool, bool, bool)
ASC_INTEGER(1, char, signed char, unsigned char)
ASC_INTEGER(2, signed char, signed char, unsigned char)
ASC_INTEGER(3, unsigned char, signed char, unsigned char)
ASC_INTEGER(4, short, short, unsigned short)
ASC_INTEGER(5, unsigned short, short, unsigned short)
ASC_INTEGER(6, int, int, unsigned int)
ASC_INTEGER(7, unsigned int, int, unsigned int)
ASC_INTEGER(8, long, long, unsigned long)
ASC_INTEGER(9, unsigned long, long, unsigned long)
ASC_INTEGER(10, long long, long long, unsigned long long)
ASC_INTEGER(11, unsigned long long, long long, unsigned long long)
ASC_INTEGER(12, wchar_t, int, unsigned int)
ASC_INTEGER(13, char16_t, short, unsigned short)
ASC_INTEGER(14, char32_t, int, unsigned int)
template <typename T> struct is_integral : bool_constant<__ascendify_integer<remove_cv_t<T>>::value> {};
template <typename T> struct is_arithmetic : bool_constant<is_integral<T>::value || is_floating_point<T>::value> {};
template <typename T> struct is_class : bool_constant<__ascendify_is_class<remove_cv_t<T>>> {};
template <typename T> struct is_union : bool_constant<__ascendify_is_union<remove_cv_t<T>>> {};
template <typename T> struct is_enum : bool_constant<__ascendify_is_enum<remove_cv_t<T>>> {};
template <typename T> struct is_empty : bool_constant<__ascendify_is_empty<remove_cv_t<T>>> {};
template <typename T> struct is_function : bool_constant<__ascendify_is_function<T>> {};
template <typename T> struct is_aggregate : bool_constant<__ascendify_is_aggregate<remove_cv_t<T>>> {};
template <typename T> struct is_fundamental : bool_constant<is_arithmetic<T>::value || is_void<T>::value || is_null_pointer<T>::value> {};
template <typename T> struct is_scalar : bool_constant<is_arithmetic<T>::value || is_enum<T>::value || is_pointer<T>::value || is_null_pointer<T>::value> {};
template <typename T> struct is_object : bool_constant<!is_reference<T>::value && !is_void<T>::value && !is_function<T>::value> {};
template <typename T> struct is_trivially_copyable : bool_constant<__ascendify_copies_bytes<remove_cv_t<T>>> {};
template <typename T, bool Arithmetic> struct __ascendify_is_signed : false_type {};
template <typename T> struct __ascendify_is_signed<T, true> : bool_constant<(T(-1) < T(0))> {};
template <typename T> struct is_signed : __ascendify_is_signed<remove_cv_t<T>, is_arithmetic<T>::value> {};
template <typename T> struct is_unsigned : bool_constant<is_arithmetic<T>::value && !is_signed<T>::value> {};
template <typename B, typename D> struct is_base_of : bool_constant<__ascendify_is_base_of<remove_cv_t<B>, remove_cv_t<D>>> {};

template <typename To> __device__ true_type __ascendify_takes(To);
template <typename From, typename To, typename = void> struct __ascendify_converts : false_type {};
template <typename From, typename To>
struct __ascendify_converts<From, To, void_t<decltype(__ascendify_takes<To>(declval<From>()))>> : true_type {};
template <typename From, typename To> struct is_convertible : __ascendify_converts<From, To> {};
template <typename From> struct is_convertible<From, void> : is_void<From> {};
template <typename T, typename Arguments, typename = void> struct __ascendify_constructs : false_type {};
template <typename... A> struct __ascendify_types {};
template <typename T, typename... A>
struct __ascendify_constructs<T, __ascendify_types<A...>, enable_if_t<sizeof...(A) != 1, void_t<decltype(T(declval<A>()...))>>> : true_type {};
template <typename T, typename A>
struct __ascendify_constructs<T, __ascendify_types<A>, void_t<decltype(static_cast<T>(declval<A>()))>> : true_type {};
template <typename T, typename... A>
struct is_constructible : __ascendify_constructs<T, __ascendify_types<A...>> {};
template <typename T> struct is_default_constructible : is_constructible<T> {};
template <typename T> struct is_copy_constructible : is_constructible<T, const T &> {};
template <typename T> struct is_move_constructible : is_constructible<T, T &&> {};
template <typename A, typename B, typename = void> struct is_assignable : false_type {};
template <typename A, typename B>
struct is_assignable<A, B, void_t<decltype(declval<A>() = declval<B>())>> : true_type {};
template <typename T, typename... A> constexpr bool is_constructible_v = is_constructible<T, A...>::value;
ASC_VALUE(is_void)
ASC_VALUE(is_null_pointer)
ASC_VALUE(is_const)
ASC_VALUE(is_volatile)
ASC_VALUE(is_lvalue_reference)
ASC_VALUE(is_rvalue_reference)
ASC_VALUE(is_reference)
ASC_VALUE(is_pointer)
ASC_VALUE(is_array)
ASC_VALUE(is_floating_point)
ASC_VALUE(is_integral)
ASC_VALUE(is_arithmetic)
ASC_VALUE(is_class)
ASC_VALUE(is_union)
ASC_VALUE(is_enum)
ASC_VALUE(is_empty)
ASC_VALUE(is_function)
ASC_VALUE(is_aggregate)
ASC_VALUE(is_fundamental)
ASC_VALUE(is_scalar)
ASC_VALUE(is_object)
ASC_VALUE(is_trivially_copyable)
ASC_VALUE(is_signed)
ASC_VALUE(is_unsigned)
ASC_VALUE(is_default_constructible)
ASC_VALUE(is_copy_constructible)
ASC_VALUE(is_move_constructible)
ASC_VALUE2(is_same)
ASC_VALUE2(is_base_of)
ASC_VALUE2(is_convertible)
ASC_VALUE2(is_assignable)

template <typename T> struct rank : integral_constant<size_t, 0> {};
template <typename T> struct rank<T[]> : integral_constant<size_t, rank<T>::value + 1> {};
template <typename T, size_t N> struct rank<T[N]> : integral_constant<size_t, rank<T>::value + 1> {};
template <typename T, unsigned int I = 0> struct extent : integral_constant<size_t, 0> {};
template <typename T, size_t N> struct extent<T[N], 0> : integral_constant<size_t, N> {};
template <typename T, size_t N, unsigned int I> struct extent<T[N], I> : extent<T, I - 1> {};
template <typename T> constexpr size_t rank_v = rank<T>::value;
template <typename T, unsigned int I = 0> constexpr size_t extent_v = extent<T, I>::value;
template <typename T> struct alignment_of : integral_constant<size_t, alignof(T)> {};
template <typename T> constexpr size_t alignment_of_v = alignment_of<T>::value;

template <typename T> struct underlying_type : __ascendify_numbered<__ascendify_underlying<T>> {};
template <typename T> struct __ascendify_integer_of : conditional_t<is_enum<T>::value, underlying_type<T>, type_identity<T>> {};
template <typename T> struct make_signed { typedef typename __ascendify_integer<typename __ascendify_integer_of<T>::type>::signed_type type; };
template <typename T> struct make_unsigned { typedef typename __ascendify_integer<typename __ascendify_integer_of<T>::type>::unsigned_type type; };
ASC_ALIAS(underlying_type)
ASC_ALIAS(make_signed)
ASC_ALIAS(make_unsigned)

template <typename T> struct __ascendify_decayed { typedef typename remove_cv<T>::type type; };
template <typename T> struct __ascendify_decayed<T[]> { typedef T *type; };
template <typename T, size_t N> struct __ascendify_decayed<T[N]> { typedef T *type; };
template <typename R, typename... A> struct __ascendify_decayed<R(A...)> { typedef R (*type)(A...); };
template <typename T> struct decay : __ascendify_decayed<typename remove_reference<T>::type> {};
ASC_ALIAS(decay)

template <typename... T> struct common_type {};
template <typename T> struct common_type<T> : common_type<T, T> {};
template <typename A, typename B> struct common_type<A, B> { typedef decay_t<decltype(false ? declval<A>() : declval<B>())> type; };
template <typename A, typename B, typename... R>
struct common_type<A, B, R...> : common_type<typename common_type<A, B>::type, R...> {};
template <typename... T> using common_type_t = typename common_type<T...>::type;

template <typename F, typename... A> struct __ascendify_result { typedef decltype(declval<F>()(declval<A>()...)) type; };
template <typename F, typename... A> struct invoke_result : __ascendify_result<F, A...> {};
template <typename F, typename... A> using invoke_result_t = typename invoke_result<F, A...>::type;
template <typename T> struct result_of;
template <typename F, typename... A> struct result_of<F(A...)> : invoke_result<F, A...> {};
template <typename T> using result_of_t = typename result_of<T>::type;
template <typename Enable, typename F, typename... A> struct __ascendify_is_invocable : false_type {};
template <typename F, typename... A>
struct __ascendify_is_invocable<void_t<decltype(declval<F>()(declval<A>()...))>, F, A...> : true_type {};
template <typename F, typename... A> struct is_invocable : __ascendify_is_invocable<void, F, A...> {};
template <typename F, typename... A> constexpr bool is_invocable_v = is_invocable<F, A...>::value;

template <size_t Length, size_t Align = 8> struct aligned_storage {
    struct type {
        alignas(Align) unsigned char data[Length];
    };
};
template <size_t Length, size_t Align = 8>
using aligned_storage_t = typename aligned_storage<Length, Align>::type;

// ---- sequences of numbers
template <typename T, T... I> struct integer_sequence {
    typedef T value_type;
    __device__ static constexpr size_t size() { return sizeof...(I); }
};
template <size_t... I> using index_sequence = integer_sequence<size_t, I...>;
template <typename T, T Left, T... I> struct __ascendify_count : __ascendify_count<T, Left - 1, Left - 1, I...> {};
template <typename T, T... I> struct __ascendify_count<T, 0, I...> { typedef integer_sequence<T, I...> type; };
template <typename T, T N> using make_integer_sequence = typename __ascendify_count<T, N>::type;
template <size_t N> using make_index_sequence = make_integer_sequence<size_t, N>;
template <typename... T> using index_sequence_for = make_index_sequence<sizeof...(T)>;

} // namespace std
